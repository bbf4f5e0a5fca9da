// A Unix socket that one process listens on: mode 0600, and taken over from a process that died.
// Blocks for a moment. Errors: unavailable, naming the path and what to do.
#pragma once

#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "base/result.h"

namespace postrider::http {

Result<boost::asio::local::stream_protocol::acceptor> open_local_listener(
    const boost::asio::any_io_executor& executor, const std::string& path);

}  // namespace postrider::http
