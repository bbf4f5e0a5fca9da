// One connection of a server: HTTP/1.1 from the first byte to the last, each request answered by
// the handler. Limits as in http/server.h.
//
// Thread: the executor's one thread.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "http/server.h"

namespace postrider::http {

class ServerSession {
 public:
  /// Of TCP and of Unix sockets: everything is compiled once.
  using Socket = boost::asio::generic::stream_protocol::socket;

  /// `by` is Request::by. `handler` and `is_stopping` (no request after this one, no piece of an
  /// endless answer) outlive it.
  ServerSession(Socket socket, std::string by, const Handler& handler, const bool& is_stopping);
  ~ServerSession();

  /// Returns when the connection has ended. Once.
  boost::asio::awaitable<void> run();

  /// Nobody waits for an answer of it, and it has not been closed.
  bool is_idle() const;
  void close();  ///< run() returns soon

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace postrider::http
