// A server session on a real loopback connection, with a handler that notes what it is asked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include "net/stream.h"
#include "smtp/server_session.h"

namespace postrider::smtp {

struct Accepted {
  Envelope envelope;
  std::string content;
};

/// What a handler answers and what it has seen; lives longer than the handler.
struct Script {
  Reply greeting{.code = 220, .enhanced = "", .text = "mx.test ESMTP", .close = false};
  std::map<std::string, Reply> recipients;  ///< by local part; 250 for others
  Reply mail{.code = 250, .enhanced = "2.1.0", .text = "ok", .close = false};
  Reply data{.code = 354, .enhanced = "", .text = "go", .close = false};
  Reply message{.code = 250, .enhanced = "2.0.0", .text = "queued", .close = false};
  std::map<std::string, std::string> passwords;
  bool has_memory = true;
  std::function<void()> on_data;                             ///< called when DATA is asked about
  std::function<boost::asio::awaitable<void>()> on_message;  ///< awaited before it is answered

  std::vector<Accepted> accepted;
  std::vector<std::string> calls;
  std::string why_ended;
  SessionInfo last;
};

std::unique_ptr<SessionHandler> make_handler(Script& script);

/// Options under which a plain client may send: no TLS, no AUTH.
ServerOptions open_options();

/// A self-signed context, made once.
std::shared_ptr<const net::TlsServer> test_tls();

/// The client's end.
class Peer {
 public:
  explicit Peer(boost::asio::ip::tcp::socket socket);

  boost::asio::awaitable<void> send(std::string bytes);
  /// The next whole reply as it came, "" at the end of the stream.
  boost::asio::awaitable<std::string> reply();
  /// Sends a line and returns its reply.
  boost::asio::awaitable<std::string> ask(std::string line);
  boost::asio::awaitable<std::string> everything();  ///< up to the end of the stream
  boost::asio::awaitable<bool> start_tls();
  void finish_sending();  ///< the session reads the end of the stream behind what was sent
  net::Stream& stream() { return stream_; }

 private:
  int descriptor_;
  net::Stream stream_;
};

/// Lets the session read and answer what has been sent: returns when it waits again.
boost::asio::awaitable<void> let_session_run();

using Play = std::function<boost::asio::awaitable<void>(Peer&, boost::asio::cancellation_signal&)>;

/// Runs a session against `play` until both have ended; fails the test if that takes 20 s. The
/// signal stops the session. `early` has been received before the session begins.
void run_session(const ServerOptions& options, Script& script, Play play,
                 std::string_view early = "", IdleSessions* idle = nullptr);

/// Waits for the greeting, sends `input` in one go, closes its side, and returns all replies
/// without the greeting.
std::string converse(const ServerOptions& options, Script& script, std::string_view input);

}  // namespace postrider::smtp
