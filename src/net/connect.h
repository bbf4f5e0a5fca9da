// Connecting to a host by TCP.
//
// Thread: the awaiting coroutine's. Errors: timeout, unavailable (in the kernel's words).
#pragma once

#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "net/deadline.h"
#include "net/stream.h"

namespace postrider::net {

/// Connects, from `source` if one is given (port 0), within the deadline.
boost::asio::awaitable<Result<Stream>> connect(boost::asio::ip::tcp::endpoint target,
                                               std::optional<boost::asio::ip::address> source,
                                               Deadline deadline);

}  // namespace postrider::net
