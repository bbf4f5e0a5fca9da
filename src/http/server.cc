#include "http/server.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <list>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/log.h"
#include "http/answer.h"
#include "http/local_socket.h"
#include "http/request_target.h"
#include "net/listener.h"
#include "net/task_group.h"

namespace postrider::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::awaitable;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kHeaderBytesMax = 16 << 10;
constexpr std::uint64_t kBodyBytesMax = 1 << 20;
constexpr std::chrono::seconds kFirstByte{5};  // of a connection
constexpr std::chrono::seconds kPatience{30};  // for a request to come, for a write to go
constexpr std::chrono::seconds kLastWords{2};  // when the server stops, when a connection ends
constexpr std::size_t kConnectionsMax = 256;
constexpr std::size_t kFirstRead = 4096;
constexpr std::chrono::milliseconds kPause{100};

// One type for TCP and Unix sockets: everything below is compiled once.
using Socket = asio::generic::stream_protocol::socket;
using Stream = beast::basic_stream<asio::generic::stream_protocol, asio::any_io_executor>;
using Parser = bhttp::request_parser<bhttp::string_body>;

/// One connection; known to the server for as long as it lives.
struct Session {
  Session(std::list<Session*>& sessions, Socket socket)
      : stream(std::move(socket)), all(sessions), place(all.insert(all.end(), this)) {}
  ~Session() { all.erase(place); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void close() { beast::close_socket(stream); }

  Stream stream;
  beast::flat_buffer buffer{128 << 10};  // of what the limits of Beast leave out (chunks), too
  bool is_answering = false;
  bool is_closing = false;
  std::string by;  // Request::by
  std::list<Session*>& all;
  std::list<Session*>::iterator place;
};

/// Looks without waiting, and takes nothing.
bool has_gone(Session& session) {
  char byte = 0;
  const ssize_t got = ::recv(session.stream.socket().native_handle(), &byte, 1,
                             MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

Response refusal_of(const error_code& ec) {
  if (ec == bhttp::error::header_limit) {
    return error_answer(431, "too_large", "the header is larger than 16 KiB");
  }
  if (ec == bhttp::error::body_limit) {
    return error_answer(413, "too_large", "the body is larger than 1 MiB");
  }
  return error_answer(400, "invalid", "this is not HTTP/1.1: " + ec.message());
}

/// Whose process is at the other end.
std::string peer_of(local::socket& socket) {
  ::ucred who{};
  socklen_t size = sizeof(who);
  return ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0
             ? "uid " + std::to_string(who.uid)
             : std::string();
}

bool deserves_a_refusal(const error_code& ec) {
  static const auto& category = make_error_code(bhttp::error::bad_version).category();
  return ec.category() == category && ec != bhttp::error::end_of_stream &&
         ec != bhttp::error::partial_message;
}

template <class Body>
void fill_header(bhttp::response<Body>& message, const Response& response) {
  message.result(static_cast<unsigned>(response.status));
  message.set(bhttp::field::content_type, response.content_type);
  message.set(bhttp::field::cache_control, "no-store");
  for (const auto& [name, value] : response.headers) {
    message.set(name, value);
  }
}

awaitable<bool> write_whole(Session& session, Response response, bool keep, bool without_body) {
  bhttp::response<bhttp::string_body> message;
  fill_header(message, response);
  message.keep_alive(keep);
  message.body() = std::move(response.body);
  message.prepare_payload();
  session.stream.expires_after(kPatience);
  bhttp::response_serializer<bhttp::string_body> serializer(message);
  if (without_body) {
    serializer.split(true);
    const auto [ec, size] =
        co_await bhttp::async_write_header(session.stream, serializer, kAsTuple);
    co_return !ec;
  }
  const auto [ec, size] = co_await bhttp::async_write(session.stream, serializer, kAsTuple);
  co_return !ec;
}

/// Where bytes of the peer are unread, says that nothing more comes and waits a moment for it to
/// go: a plain close would reset the connection, and take our answer with it.
awaitable<void> close_gently(Session& session) {
  error_code ignored;
  session.stream.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  if (session.buffer.size() == 0 && session.stream.socket().available(ignored) == 0) {
    session.close();
    co_return;
  }
  session.stream.expires_after(kLastWords);
  std::array<char, 4096> rest;
  for (std::size_t total = 0; total < 2 * kBodyBytesMax;) {
    const auto [ec, size] = co_await session.stream.async_read_some(asio::buffer(rest), kAsTuple);
    if (ec) {
      break;
    }
    total += size;
  }
  session.close();
}

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
  State(const asio::any_io_executor& e, Handler h)
      : executor(e), handler(std::move(h)), accepting(e, "http-accept"), sessions(e, "http") {}

  static awaitable<void> accept(std::shared_ptr<State> self, net::Listener listener) {
    co_await listener.run([self](tcp::socket socket) { self->admit(Socket(std::move(socket))); });
  }

  static awaitable<void> accept_local(std::shared_ptr<State> self, local::acceptor acceptor) {
    while (true) {
      local::socket socket(self->executor);
      const auto [ec] = co_await acceptor.async_accept(socket, kAsTuple);
      if (ec == asio::error::operation_aborted) {
        co_return;
      }
      if (!ec) {
        std::string by = peer_of(socket);
        self->admit(Socket(std::move(socket)), std::move(by));
        continue;
      }
      log::warning("an HTTP connection could not be accepted", {{"why", ec.message()}});
      asio::steady_timer pause(self->executor, kPause);
      co_await pause.async_wait(asio::use_awaitable);
    }
  }

  void admit(Socket socket, std::string by = {}) {
    if (sessions.size() < kConnectionsMax || end_oldest_idle()) {
      sessions.spawn(serve(shared_from_this(), std::move(socket), std::move(by)));
    }
  }

  /// Whoever only holds a connection makes room for who wants to know something.
  bool end_oldest_idle() {
    const auto oldest = std::ranges::find_if(open, [](const Session* session) {
      return !session->is_answering && !session->is_closing;
    });
    if (oldest == open.end()) {
      return false;
    }
    (*oldest)->is_closing = true;
    (*oldest)->close();
    return true;
  }

  static awaitable<void> serve(std::shared_ptr<State> self, Socket socket, std::string by) {
    Session session(self->open, std::move(socket));
    session.by = std::move(by);
    bool keep = co_await has_begun(session);
    while (keep && !self->is_stopping) {
      keep = co_await self->serve_one(session);
      session.is_answering = false;
    }
    if (session.stream.socket().is_open()) {
      co_await close_gently(session);
    }
  }

  static awaitable<bool> has_begun(Session& session) {
    session.stream.expires_after(kFirstByte);
    const auto [ec, size] =
        co_await session.stream.async_read_some(session.buffer.prepare(kFirstRead), kAsTuple);
    session.buffer.commit(size);
    co_return !ec;
  }

  /// False: the connection ends with this request.
  awaitable<bool> serve_one(Session& session) {
    Parser parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(kBodyBytesMax);
    session.stream.expires_after(kPatience);
    const error_code ec = co_await read_request(session, parser);
    if (ec && !deserves_a_refusal(ec)) {
      session.close();
      co_return false;
    }
    session.is_answering = true;
    if (ec) {
      co_await write_whole(session, refusal_of(ec), false, false);
      co_return false;
    }
    session.stream.expires_never();
    const bhttp::request<bhttp::string_body>& message = parser.get();
    const bool without_body = message.method() == bhttp::verb::head;
    const bool may_chunk = message.version() >= 11;
    const bool keep_alive = message.keep_alive();
    Response response = co_await answer(message, session.by);
    if (response.stream && !without_body) {
      co_return co_await write_pieces(session, std::move(response), may_chunk);
    }
    const bool keep = keep_alive && !is_stopping;
    const bool written = co_await write_whole(session, std::move(response), keep, without_body);
    co_return written&& keep;
  }

  static awaitable<error_code> read_request(Session& session, Parser& parser) {
    const auto [ec, size] =
        co_await bhttp::async_read_header(session.stream, session.buffer, parser, kAsTuple);
    if (ec) {
      co_return ec;
    }
    if (beast::iequals(parser.get()[bhttp::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [write_ec, written] = co_await asio::async_write(
          session.stream, asio::buffer(kContinue.data(), kContinue.size()), kAsTuple);
      if (write_ec) {
        co_return write_ec;
      }
    }
    const auto [body_ec, body_size] =
        co_await bhttp::async_read(session.stream, session.buffer, parser, kAsTuple);
    co_return body_ec;
  }

  awaitable<Response> answer(const bhttp::request<bhttp::string_body>& message,
                             const std::string& by) {
    const auto target =
        parse_target(std::string_view(message.target().data(), message.target().size()));
    if (!target) {
      co_return error_answer(target.error());
    }
    Request request{.method = std::string(message.method_string()),
                    .path = target->path,
                    .segments = target->segments,
                    .query = target->query,
                    .body = message.body(),
                    .by = by};
    if (request.method == "HEAD") {
      request.method = "GET";
    }
    try {
      co_return co_await handler(std::move(request));
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) {
        throw;
      }
      log::error("a request ended with an exception",
                 {{"path", target->path}, {"why", error.what()}});
    } catch (const std::exception& error) {
      log::error("a request ended with an exception",
                 {{"path", target->path}, {"why", error.what()}});
    }
    co_return error_answer(500, "internal", "answering failed; the log says why");
  }

  /// An answer without an end known beforehand ends its connection: nobody waits for a second one.
  awaitable<bool> write_pieces(Session& session, Response response, bool may_chunk) {
    bhttp::response<bhttp::empty_body> message;
    fill_header(message, response);
    message.keep_alive(false);
    message.chunked(may_chunk);
    bhttp::response_serializer<bhttp::empty_body> serializer(message);
    session.stream.expires_after(kPatience);
    const auto [ec, size] =
        co_await bhttp::async_write_header(session.stream, serializer, kAsTuple);
    if (ec) {
      co_return false;
    }
    Send send = [this, &session, may_chunk](std::string piece) {
      return write_piece(session, std::move(piece), may_chunk);
    };
    co_await response.stream(std::move(send));
    if (may_chunk && session.stream.socket().is_open()) {
      session.stream.expires_after(kPatience);
      co_await asio::async_write(session.stream, bhttp::make_chunk_last(), kAsTuple);
    }
    co_return false;
  }

  awaitable<bool> write_piece(Session& session, std::string piece, bool may_chunk) const {
    if (is_stopping || !session.stream.socket().is_open() || has_gone(session)) {
      co_return false;
    }
    if (piece.empty()) {
      co_return true;
    }
    session.stream.expires_after(kPatience);
    error_code failure;
    if (may_chunk) {
      const auto [ec, size] = co_await asio::async_write(
          session.stream, bhttp::make_chunk(asio::buffer(piece)), kAsTuple);
      failure = ec;
    } else {
      const auto [ec, size] =
          co_await asio::async_write(session.stream, asio::buffer(piece), kAsTuple);
      failure = ec;
    }
    session.stream.expires_never();
    co_return !failure;
  }

  void end_idle() {
    for (Session* session : open) {
      if (!session->is_answering) {
        session->close();
      }
    }
  }

  asio::any_io_executor executor;
  Handler handler;
  net::TaskGroup accepting;
  net::TaskGroup sessions;
  std::list<Session*> open;
  bool is_stopping = false;
  tcp::endpoint endpoint;
  std::string path;  ///< of the Unix socket
};

Result<std::unique_ptr<Server>> Server::listen(const asio::any_io_executor& executor,
                                               tcp::endpoint endpoint, Handler handler) {
  TRY(std::vector<net::Listener> listeners, net::listen(std::span(&executor, 1), endpoint));
  auto state = std::make_shared<State>(executor, std::move(handler));
  state->endpoint = listeners.front().local();
  state->accepting.spawn(State::accept(state, std::move(listeners.front())));
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Result<std::unique_ptr<Server>> Server::listen_local(const asio::any_io_executor& executor,
                                                     const std::string& path, Handler handler) {
  TRY(local::acceptor acceptor, open_local_listener(executor, path));
  auto state = std::make_shared<State>(executor, std::move(handler));
  state->path = path;
  state->accepting.spawn(State::accept_local(state, std::move(acceptor)));
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

tcp::endpoint Server::endpoint() const {
  return state_->endpoint;
}

awaitable<void> Server::stop() {
  const auto state = state_;
  if (std::exchange(state->is_stopping, true)) {
    co_return;
  }
  state->accepting.cancel();
  co_await state->accepting.join();
  if (!state->path.empty()) {
    ::unlink(state->path.c_str());
  }
  state->end_idle();
  asio::steady_timer patience(state->executor, kLastWords);
  patience.async_wait([state](const error_code& cancelled) {
    if (!cancelled) {
      state->sessions.cancel();
    }
  });
  co_await state->sessions.join();
}

}  // namespace postrider::http
