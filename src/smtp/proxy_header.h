// The header that a proxy puts in front of a connection to say whose it is: the PROXY protocol of
// HAProxy, versions 1 (text) and 2 (binary). Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"

namespace postrider::smtp {

struct ProxiedEndpoints {
  boost::asio::ip::tcp::endpoint client;
  boost::asio::ip::tcp::endpoint server;
};

/// How many bytes at least the header that `received` begins still lacks; 0 once it is whole.
/// Reading only so many, a reader never takes a byte of what follows it. Errc::invalid if no header
/// can begin so, or if it is longer than version 1 allows or than 4 KiB.
Result<std::size_t> proxy_header_lacks(std::string_view received);

/// The endpoints in a whole header; nothing if the proxy speaks for itself (LOCAL, a health check)
/// or knows none (UNKNOWN, UNSPEC, not TCP): the connection's own then count. Errc::invalid if
/// malformed.
Result<std::optional<ProxiedEndpoints>> parse_proxy_header(std::string_view header);

}  // namespace postrider::smtp
