// Accepts TCP connections on an endpoint for as long as it lives.
//
// With SO_REUSEPORT each io thread has a listener of its own on the same port, and the kernel spreads
// the connections. An accept that fails (EMFILE, ENFILE, ECONNABORTED ...) is logged and followed by a
// pause: the loop neither spins nor ends.
//
// Thread: the executor's. Errors of open(): unavailable, naming the address and what to do.
#pragma once

#include <functional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"

namespace postrider::net {

/// Opens a listening socket that shares its port with others of this process. `is_first`: make sure
/// that no other process has the port, which SO_REUSEPORT alone would let pass. Port 0: the kernel
/// chooses.
Result<boost::asio::ip::tcp::acceptor> open_listener(const boost::asio::any_io_executor& executor,
                                                     boost::asio::ip::tcp::endpoint endpoint,
                                                     bool is_first);

/// Hands each accepted socket to `accepted`, until it is cancelled. The acceptor is closed then.
boost::asio::awaitable<void> accept_loop(
    boost::asio::ip::tcp::acceptor acceptor,
    std::function<void(boost::asio::ip::tcp::socket)> accepted);

}  // namespace postrider::net
