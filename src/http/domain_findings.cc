#include "http/domain_findings.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "http/control.h"
#include "http/link_server.h"
#include "http/mx_check.h"
#include "http/tracking_check.h"
#include "http/tracking_host.h"
#include "webhook/webhooks.h"

namespace postrider::http {

using boost::asio::awaitable;
using directory::Domain;

namespace {

std::string help_of(const ControlParts& parts, const std::string& host) {
  const auto shown =
      parts.links == nullptr ? std::nullopt : parts.links->certificates().shown(host);
  if (!shown || !parts.links->has_tls()) {
    return {};
  }
  const std::string from = shown->source == "acme"         ? "got by ACME"
                           : shown->source == "configured" ? "of links.certificates"
                                                           : "of [tls]";
  return "here: " + from + ", good until " + format_time(shown->facts.not_after).substr(0, 10);
}

awaitable<std::vector<Finding>> look_at_tracking(const ControlParts& parts, std::string url) {
  std::move_only_function<Result<ProbeSecret>()> work = [&] {
    return parts.directory->secret(kProbeSecret);
  };
  const auto secret = co_await off_thread(parts, std::move(work));
  const auto host = parse_tracking_host(url);
  if (!host || !secret) {
    co_return std::vector<Finding>();
  }
  TrackingCheck check;
  check.url = url;
  check.own = parts.public_names;
  check.is_served = parts.links == nullptr || parts.links->serves(host->host);
  check.is_listening = parts.links != nullptr;
  check.secret = *secret;
  check.allowed = parts.relay->webhooks().options().allow_networks;
  check.certificate_help = help_of(parts, host->host);
  co_return co_await look_at_tracking_host(parts.relay->resolver(), std::move(check));
}

}  // namespace

awaitable<std::vector<Finding>> examine(const ControlParts& parts, Domain domain) {
  dns::Resolver& resolver = parts.relay->resolver();
  const auto records = directory::records_to_publish(domain, parts.installation);
  std::vector<Finding> findings = co_await look_up_records(resolver, records);
  if (parts.takes_inbound) {
    const bool has_own = !domain.return_path_domain.empty();
    findings.push_back(co_await look_at_mx(resolver,
                                           has_own ? domain.return_path_domain : parts.installation,
                                           parts.hostname, parts.public_names));
  }
  const auto snapshot = parts.directory->snapshot();
  const directory::Account* account = snapshot->account(domain.account);
  if (account != nullptr && !account->tracking.host.empty()) {
    std::ranges::move(co_await look_at_tracking(parts, account->tracking.host),
                      std::back_inserter(findings));
  }
  co_return findings;
}

}  // namespace postrider::http
