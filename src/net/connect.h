// Connecting to a host by TCP.
//
// Thread: the awaiting coroutine's. Errors: timeout, unavailable (in the kernel's words). Where it
// is this machine that can't (no descriptor, no port, no memory, no such source address), the
// failure says so, because it is no reason to think ill of the target.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "net/deadline.h"
#include "net/stream.h"

namespace postrider::net {

struct ConnectFailure : Error {
  ConnectFailure(Errc code, std::string why, bool local = false)
      : Error(code, std::move(why)), is_local(local) {}
  bool is_local;  ///< nothing has been asked of the target
};

/// Connects, from `source` if one is given (port 0), within the deadline.
boost::asio::awaitable<std::expected<Stream, ConnectFailure>> connect(
    boost::asio::ip::tcp::endpoint target, std::optional<boost::asio::ip::address> source,
    Deadline deadline);

}  // namespace postrider::net
