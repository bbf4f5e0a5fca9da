// The URL of an endpoint, read strictly: what two programs could understand differently is refused,
// because one of them checks and the other one connects.
//
// RFC 3986 with http and https only. A host is a name of letters, digits, '-' and '_' in labels
// whose last one begins with a letter, an IPv4 address of four plain decimal numbers (RFC 6943,
// 3.1.1 on why no other), or an IPv6 address in brackets without a zone. No fragment. Pure; any
// thread. Errc::invalid says what is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include "base/result.h"

namespace postrider::webhook {

struct Url {
  bool is_https = false;
  std::string user;                                 ///< decoded
  std::string password;                             ///< decoded
  std::string host;                                 ///< lower case, without brackets
  std::optional<boost::asio::ip::address> address;  ///< where the host is one
  std::uint16_t port = 0;
  std::string target;  ///< path and query; at least "/"

  std::string host_header() const;  ///< with the port where it is not the scheme's own
};

Result<Url> parse_url(std::string_view text);

/// For people and logs: the same with "***" for the password.
std::string without_password(std::string_view url);

}  // namespace postrider::webhook
