#include "http/tracking_host.h"

#include "webhook/url.h"

namespace postrider::http {

std::optional<TrackingHost> parse_tracking_host(std::string_view url) {
  const auto parsed = webhook::parse_url(url);
  if (!parsed) {
    return std::nullopt;
  }
  return TrackingHost{.is_https = parsed->is_https,
                      .host = parsed->host,
                      .port = parsed->port,
                      .is_address = parsed->address.has_value()};
}

std::map<std::string, AccountId> hosts_with_tls(const directory::Snapshot& directory) {
  std::map<std::string, AccountId> hosts;
  for (const directory::Account* account : directory.accounts()) {
    if (!account->is_active || account->tracking.host.empty()) {
      continue;
    }
    const auto parsed = parse_tracking_host(account->tracking.host);
    const bool has_dot = parsed && parsed->host.find('.') != std::string::npos;
    if (has_dot && parsed->is_https && !parsed->is_address) {
      hosts.emplace(parsed->host, account->id);
    }
  }
  return hosts;
}

}  // namespace postrider::http
