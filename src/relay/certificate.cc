#include "relay/certificate.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace postrider::relay {

Result<std::unique_ptr<Certificate>> Certificate::load(const Settings& settings) {
  const TlsSettings files = tls_files(settings);
  if (settings.tls.certificate.empty() && !std::filesystem::exists(files.certificate)) {
    std::error_code ec;
    std::filesystem::create_directories(files.certificate.parent_path(), ec);
    TRY_VOID(net::write_self_signed(settings.hostname, files.certificate, files.key));
    log::info("made a self-signed certificate", {{"certificate", files.certificate.string()}});
  }
  TRY(auto server, net::TlsServer::create(files.certificate, files.key));
  return std::unique_ptr<Certificate>(new Certificate(files, std::move(server)));
}

Certificate::Certificate(TlsSettings files, std::shared_ptr<const net::TlsServer> server)
    : files_(std::move(files)), changed_at_(changed_at(files_)), server_(std::move(server)) {}

std::shared_ptr<const net::TlsServer> Certificate::current() const {
  const std::lock_guard lock(mutex_);
  return server_;
}

std::filesystem::path Certificate::file() const {
  const std::lock_guard lock(mutex_);
  return files_.certificate;
}

Certificate::FileTime Certificate::changed_at(const TlsSettings& files) {
  std::error_code missing;  // the time is then the earliest there is
  return std::max(std::filesystem::last_write_time(files.certificate, missing),
                  std::filesystem::last_write_time(files.key, missing));
}

void Certificate::look_again() {
  const std::lock_guard lock(mutex_);
  const FileTime now = changed_at(files_);
  if (now == changed_at_) {
    return;
  }
  changed_at_ = now;
  auto server = net::TlsServer::create(files_.certificate, files_.key);
  if (!server) {
    log::error("the certificate has changed and can't be used: the old one stays",
               {{"why", server.error().text()}});
    return;
  }
  server_ = *std::move(server);
  log::info("took the new certificate", {{"certificate", files_.certificate.string()}});
}

Result<> Certificate::change_to(const Settings& settings) {
  const TlsSettings files = tls_files(settings);
  TRY(auto server, net::TlsServer::create(files.certificate, files.key));
  const std::lock_guard lock(mutex_);
  files_ = files;
  changed_at_ = changed_at(files_);
  server_ = std::move(server);
  return {};
}

}  // namespace postrider::relay
