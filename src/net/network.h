// Endpoints and networks as people write them: "127.0.0.1:2525", "[::1]:25", "10.0.0.0/8".
// Pure; any thread. Errc::invalid says what is expected.
#pragma once

#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"

namespace postrider::net {

struct Network {
  boost::asio::ip::address base;
  unsigned prefix = 0;

  /// An IPv4 address mapped into IPv6 counts as the IPv4 address that it is.
  bool contains(const boost::asio::ip::address& address) const;

  bool operator==(const Network&) const = default;
};

/// "10.0.0.0/8", "2001:db8::/32", or a single address.
Result<Network> parse_network(std::string_view text);

/// "192.0.2.1:25" or "[2001:db8::1]:25"; the address must be numeric.
Result<boost::asio::ip::tcp::endpoint> parse_endpoint(std::string_view text);

std::string to_string(const boost::asio::ip::tcp::endpoint& endpoint);

/// False for loopback, link-local, private, shared (RFC 6598), documentation, multicast,
/// unspecified and other addresses that are not on the public Internet (RFC 6890).
bool is_public(const boost::asio::ip::address& address);

}  // namespace postrider::net
