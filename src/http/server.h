// HTTP/1.1 for people and programs, on TCP or on a Unix socket: reads a request, asks the handler,
// writes what it says. The same handlers serve the control socket and, later, the network API.
//
// RFC 9110, 9112 (through Boost.Beast). Bounded: header 16 KiB, body 1 MiB, 5 s for the first byte
// of a connection, 30 s for a request to come and for each write, 256 connections (for a further
// one the oldest is closed that waits for a request; where none does, the new one). HEAD is asked
// of the handler as GET. Thread: the executor's one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"

namespace postrider::http {

struct Request {
  std::string method;                 ///< "GET"
  std::string path;                   ///< decoded, without the query
  std::vector<std::string> segments;  ///< of the path, decoded one by one: a name may have a /
  std::map<std::string, std::string> query;  ///< decoded
  std::string body;
  std::string by;  ///< who asks, as far as the socket tells: "uid 0"; over TCP nothing
};

/// Sends one piece of an endless answer; false: the client has gone or the server stops. An empty
/// piece sends nothing and asks the same.
using Send = std::function<boost::asio::awaitable<bool>(std::string)>;

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::map<std::string, std::string> headers;  ///< further ones
  /// If set, it writes the body piece by piece (chunked) until it returns.
  std::function<boost::asio::awaitable<void>(Send)> stream;
};

using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

class Server {
 public:
  /// Errc::unavailable names the address and what to do.
  static Result<std::unique_ptr<Server>> listen(const boost::asio::any_io_executor& executor,
                                                boost::asio::ip::tcp::endpoint endpoint,
                                                Handler handler);
  /// A Unix socket, mode 0600; one that is left over from a process that died is replaced.
  static Result<std::unique_ptr<Server>> listen_local(const boost::asio::any_io_executor& executor,
                                                      const std::string& path, Handler handler);
  ~Server();  ///< after stop()

  boost::asio::ip::tcp::endpoint endpoint() const;  ///< TCP: with the port that the kernel chose
  /// Accepts nothing more, ends idle connections and endless answers, gives requests that are being
  /// answered 2 s. Returns when the last connection has ended.
  boost::asio::awaitable<void> stop();

 private:
  struct State;
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace postrider::http
