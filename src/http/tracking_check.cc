#include "http/tracking_check.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "http/own_reach.h"
#include "http/tracking_host.h"
#include "net/tls.h"
#include "webhook/http_client.h"

namespace postrider::http {

using boost::asio::awaitable;
using directory::DnsRecord;

namespace {

constexpr std::chrono::seconds kAnswer{10};

/// What came of asking the host.
struct Asked {
  Result<> answered;       ///< by us
  bool is_trusted = true;  ///< its certificate is good; true in the clear
  std::string problem;     ///< with the certificate
};

awaitable<Result<>> ask(dns::Resolver& resolver, const TrackingCheck& check,
                        std::vector<net::Network> allowed, const TrackingHost& host,
                        bool verifies) {
  CO_TRY(auto tls, net::TlsClient::create(verifies));
  webhook::HttpClient client(resolver, std::move(tls));
  const std::string probe = make_probe();
  CO_TRY(webhook::Url url, webhook::parse_url(check.url + std::string(kProbePath) + probe));
  webhook::HttpRequest request{.method = "GET",
                               .url = std::move(url),
                               .head = "User-Agent: postrider/" POSTRIDER_VERSION "\r\n",
                               .body = {},
                               .allowed = std::move(allowed),
                               .answer_within = kAnswer};
  CO_TRY(const webhook::HttpAnswer answer, co_await client.ask(std::move(request)));
  if (answer.status == 200 && trim(answer.body) == probe_answer(check.secret, host.host, probe)) {
    co_return Result<>();
  }
  co_return fail(Errc::not_found, "somebody else answers there (" + std::to_string(answer.status) +
                                      " to our question)");
}

awaitable<Asked> ask_as_readers_do(dns::Resolver& resolver, const TrackingCheck& check,
                                   std::vector<net::Network> allowed, const TrackingHost& host) {
  Asked asked;
  asked.answered = co_await ask(resolver, check, allowed, host, true);
  // HttpClient: invalid is a certificate that is wrong (or an address that may not be).
  if (host.is_https && !asked.answered && asked.answered.error().code() == Errc::invalid) {
    asked.is_trusted = false;
    asked.problem = asked.answered.error().text();
    asked.answered = co_await ask(resolver, check, std::move(allowed), host, false);
  }
  co_return asked;
}

std::vector<net::Network> networks_of(const std::vector<boost::asio::ip::address>& addresses) {
  std::vector<net::Network> networks;
  for (const auto& address : addresses) {
    networks.push_back({.base = address, .prefix = address.is_v4() ? 32U : 128U});
  }
  return networks;
}

std::string how_to_publish(const DnsRecord& record, const TrackingCheck& check) {
  if (check.own.empty()) {
    return "make it lead to links.listen of this relay, and write in links.public by which names "
           "and addresses readers reach that";
  }
  return "publish " + record.name + " CNAME " + record.value + ".";
}

Finding judge_host(const DnsRecord& record, const TrackingCheck& check, const Reach& reach,
                   const Asked& asked) {
  Finding finding{.record = record, .verdict = Verdict::wrong, .found = reach.found, .advice = {}};
  if (!check.is_listening && check.own.empty()) {
    finding.advice =
        "nobody answers readers here: set links.listen, or links.public where another host does";
  } else if (!check.is_served) {
    finding.advice = "links.hosts does not have it, so that readers are turned away: add it there";
  } else if (reach.verdict == Verdict::unknown) {
    finding.verdict = Verdict::unknown;
    finding.advice = "DNS gave no answer, try again: " + reach.why;
  } else if (reach.verdict == Verdict::missing) {
    finding.verdict = Verdict::missing;
    finding.advice = how_to_publish(record, check);
  } else if (asked.answered) {
    finding.verdict = Verdict::ok;
  } else if (reach.verdict == Verdict::ok) {
    finding.advice = "DNS leads here, and yet: " + asked.answered.error().text() +
                     "; look at links.listen, the proxy in front, and the firewall";
  } else {
    finding.advice = how_to_publish(record, check) + " (" + asked.answered.error().text() + ")";
  }
  return finding;
}

Finding judge_certificate(const DnsRecord& record, const TrackingCheck& check, const Reach& reach,
                          const Asked& asked) {
  Finding finding{.record = record, .verdict = Verdict::unknown, .found = {}, .advice = {}};
  if (!check.certificate_help.empty()) {
    finding.found.push_back(check.certificate_help);
  }
  if (!asked.is_trusted) {
    finding.verdict = Verdict::wrong;
    finding.advice =
        asked.problem + "; let [acme] get one, or name one that covers it in links.certificates";
  } else if (asked.answered) {
    finding.verdict = Verdict::ok;
  } else {
    finding.advice = reach.addresses.empty()
                         ? "it is looked at once the host is in DNS"
                         : "it could not be looked at: " + asked.answered.error().text();
  }
  return finding;
}

}  // namespace

awaitable<std::vector<Finding>> look_at_tracking_host(dns::Resolver& resolver,
                                                      TrackingCheck check) {
  const auto host = parse_tracking_host(check.url);
  if (!host) {
    co_return std::vector<Finding>();
  }
  const auto is_name = [](const std::string& one) {
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(one, not_an_address);
    return static_cast<bool>(not_an_address);
  };
  const auto name = std::ranges::find_if(check.own, is_name);
  const DnsRecord alias{.name = host->host,
                        .type = "CNAME",
                        .value = name == check.own.end() ? std::string() : *name,
                        .purpose = "tracking-host"};
  const Reach reach = co_await look_where_it_leads(resolver, host->host, check.own);
  auto allowed = networks_of(co_await addresses_of(resolver, check.own));
  allowed.insert(allowed.end(), check.allowed.begin(), check.allowed.end());
  Asked asked{.answered = fail(Errc::not_found, "it is not in DNS"), .problem = {}};
  if (!reach.addresses.empty()) {
    asked = co_await ask_as_readers_do(resolver, check, std::move(allowed), *host);
  }
  std::vector<Finding> findings{judge_host(alias, check, reach, asked)};
  if (host->is_https) {
    const DnsRecord certificate{
        .name = host->host, .type = "TLS", .value = {}, .purpose = "tracking-certificate"};
    findings.push_back(judge_certificate(certificate, check, reach, asked));
  }
  co_return findings;
}

}  // namespace postrider::http
