#include "http/link_certificates.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "net/tls_choice.h"

namespace postrider::http {
namespace {

std::filesystem::file_time_type changed_at(const relay::TlsSettings& files) {
  std::error_code missing;  // the time is then the earliest there is
  return std::max(std::filesystem::last_write_time(files.certificate, missing),
                  std::filesystem::last_write_time(files.key, missing));
}

}  // namespace

LinkCertificates::LinkCertificates(const relay::Certificate& otherwise,
                                   const acme::Challenges& challenges)
    : otherwise_(otherwise),
      challenges_(challenges),
      server_(net::choosing_server([this](const net::TlsHello& hello) {
        return choose(hello.host, hello.speaks(acme::kTlsAlpnProtocol));
      })) {}

Result<LinkCertificates::Configured> LinkCertificates::load(const relay::TlsSettings& files) {
  Configured loaded{.files = files, .changed_at = changed_at(files), .facts = {}, .server = {}};
  TRY(loaded.server, net::TlsServer::create(files.certificate, files.key));
  TRY(loaded.facts, net::read_certificate_file(files.certificate));
  if (loaded.facts.names.empty()) {
    return fail(Errc::invalid, "certificate " + files.certificate.string() +
                                   " names no host: take one with a subjectAltName");
  }
  return loaded;
}

Result<> LinkCertificates::configure(const std::vector<relay::TlsSettings>& files) {
  std::vector<Configured> loaded;
  for (const relay::TlsSettings& one : files) {
    TRY(Configured configured, load(one), "links.certificates");
    loaded.push_back(std::move(configured));
  }
  const std::lock_guard lock(mutex_);
  configured_.swap(loaded);
  return {};
}

void LinkCertificates::look_again() {
  const std::lock_guard lock(mutex_);
  for (Configured& one : configured_) {
    const FileTime now = changed_at(one.files);
    if (now == one.changed_at) {
      continue;
    }
    auto loaded = load(one.files);
    if (!loaded) {
      one.changed_at = now;
      log::error("a certificate of links has changed and can't be used: the old one stays",
                 {{"why", loaded.error().text()}});
      continue;
    }
    one = *std::move(loaded);
    log::info("took a new certificate of links", {{"certificate", one.files.certificate.string()}});
  }
}

Result<> LinkCertificates::put(const std::string& host, const std::string& pem) {
  TRY(auto server, net::server_from_pem(pem));
  TRY(net::CertificateFacts facts, net::read_certificate(pem));
  if (!facts.covers(host)) {
    return fail(Errc::invalid, "the certificate does not name " + host);
  }
  const std::lock_guard lock(mutex_);
  obtained_.insert_or_assign(host,
                             Obtained{.facts = std::move(facts), .server = std::move(server)});
  return {};
}

const LinkCertificates::Configured* LinkCertificates::configured_for(std::string_view host) const {
  const auto found = std::ranges::find_if(
      configured_, [&](const Configured& one) { return one.facts.covers(host); });
  return found == configured_.end() ? nullptr : &*found;
}

std::vector<std::string> LinkCertificates::drop_ended(
    const std::map<std::string, AccountId>& wanted, Time now) {
  std::vector<std::string> ended;
  const std::lock_guard lock(mutex_);
  std::erase_if(obtained_, [&](const auto& one) {
    const bool is_over = !wanted.contains(one.first) && now > one.second.facts.not_after;
    if (is_over) {
      ended.push_back(one.first);
    }
    return is_over;
  });
  return ended;
}

bool LinkCertificates::is_configured(std::string_view host) const {
  const std::lock_guard lock(mutex_);
  return configured_for(host) != nullptr;
}

std::optional<net::CertificateFacts> LinkCertificates::obtained(const std::string& host) const {
  const std::lock_guard lock(mutex_);
  const auto found = obtained_.find(host);
  return found == obtained_.end() ? std::nullopt : std::optional(found->second.facts);
}

std::optional<LinkCertificates::Shown> LinkCertificates::shown(const std::string& host) const {
  {
    const std::lock_guard lock(mutex_);
    if (const Configured* configured = configured_for(host)) {
      return Shown{.source = "configured", .facts = configured->facts};
    }
    if (const auto found = obtained_.find(host); found != obtained_.end()) {
      return Shown{.source = "acme", .facts = found->second.facts};
    }
  }
  auto facts = net::read_certificate_file(otherwise_.file());
  return facts ? std::optional(Shown{.source = "tls", .facts = *std::move(facts)}) : std::nullopt;
}

LinkCertificates::Server LinkCertificates::choose(const std::string& host,
                                                  bool is_challenge) const {
  if (is_challenge) {
    if (auto server = challenges_.server(host)) {
      return server;
    }
  }
  const std::lock_guard lock(mutex_);
  if (const Configured* configured = configured_for(host)) {
    return configured->server;
  }
  const auto found = obtained_.find(host);
  return found == obtained_.end() ? otherwise_.current() : found->second.server;
}

}  // namespace postrider::http
