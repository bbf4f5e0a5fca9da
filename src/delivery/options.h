// What an operator can say about where mail goes and how: routes, limits of a site, TLS. Values, as
// the configuration has them; relay/settings.h reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "base/ids.h"
#include "base/pattern.h"
#include "dns/mx.h"
#include "queue/retry_policy.h"
#include "smtp/client.h"

namespace postrider::delivery {

enum class TlsPolicy : std::uint8_t {
  none,           ///< never STARTTLS
  opportunistic,  ///< where offered, with any certificate; in the clear if the handshake fails
  required,       ///< any certificate, but never in the clear
  verified,       ///< a certificate that names the host and leads to a trusted root
};

/// Of one destination site. A rule may set some of them; unset ones come from the next less
/// specific.
struct SiteLimits {
  std::uint32_t connections = 20;
  std::uint32_t messages_per_connection = 500;  ///< at least 1
  double messages_per_second = 0;               ///< 0: no limit
  TlsPolicy tls = TlsPolicy::opportunistic;
};

struct SiteRule {
  std::optional<std::uint32_t> connections;
  std::optional<std::uint32_t> messages_per_connection;
  std::optional<double> messages_per_second;
  std::optional<TlsPolicy> tls;
};

/// [[route]]: instead of MX.
struct Route {
  std::string host;  ///< a name or a numeric address (without brackets)
  std::uint16_t port = 25;
  bool implicit_tls = false;     ///< port 465
  std::optional<TlsPolicy> tls;  ///< instead of the site's
  std::string user;              ///< AUTH at the smart host; empty: none
  std::string password;
};

struct Options {
  std::string hostname;                                       ///< EHLO
  PatternMap<Route> routes;                                   ///< by recipient domain
  std::vector<std::pair<std::string, Route>> account_routes;  ///< by account name; before `routes`
  SiteLimits default_limits;
  PatternMap<SiteRule> domain_rules;  ///< [[site]] domain = ...: by recipient domain
  PatternMap<SiteRule> mx_rules;      ///< [[site]] mx = ...: by name of an MX host
  queue::RetryPolicy default_retry;
  PatternMap<queue::RetryPolicy> retry;  ///< by recipient domain

  /// The schedule that holds for a recipient's domain.
  const queue::RetryPolicy& retry_policy(std::string_view domain) const {
    const queue::RetryPolicy* own = retry.find(domain);
    return own == nullptr ? default_retry : *own;
  }

  smtp::ClientTimeouts timeouts;
  std::chrono::milliseconds connect_timeout{std::chrono::seconds(30)};
  std::chrono::milliseconds idle_timeout{
      std::chrono::seconds(5)};              ///< an open connection without mail
  std::uint64_t fresh_bytes_max = 64 << 20;  ///< bodies kept in memory for first attempts
  dns::MxOptions mx;
  std::optional<boost::asio::ip::address> source_v4;
  std::optional<boost::asio::ip::address> source_v6;
};

}  // namespace postrider::delivery
