#include "http/server_session.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <sys/socket.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "base/log.h"
#include "http/answer.h"
#include "http/request_target.h"

namespace postrider::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::awaitable;
using boost::system::error_code;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kHeaderBytesMax = 16 << 10;
constexpr std::uint64_t kBodyBytesMax = 1 << 20;
constexpr std::chrono::seconds kFirstByte{5};  // of a connection
constexpr std::chrono::seconds kPatience{30};  // for a request to come, for a write to go
constexpr std::chrono::seconds kLastWords{2};  // when a connection ends
constexpr std::size_t kFirstRead = 4096;

using Stream = beast::basic_stream<asio::generic::stream_protocol, asio::any_io_executor>;
using Parser = bhttp::request_parser<bhttp::string_body>;
using Message = bhttp::request<bhttp::string_body>;

Response refusal_of(const error_code& ec) {
  if (ec == bhttp::error::header_limit) {
    return error_answer(431, "too_large", "the header is larger than 16 KiB");
  }
  if (ec == bhttp::error::body_limit) {
    return error_answer(413, "too_large", "the body is larger than 1 MiB");
  }
  return error_answer(400, "invalid", "this is not HTTP/1.1: " + ec.message());
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

}  // namespace

class ServerSession::Connection {
 public:
  Connection(Socket socket, std::string by, const Handler& handler, const bool& is_stopping)
      : stream_(std::move(socket)),
        by_(std::move(by)),
        handler_(handler),
        is_stopping_(is_stopping) {}

  awaitable<void> run() {
    bool keep = co_await has_begun();
    while (keep && !is_stopping_) {
      keep = co_await serve_one();
      is_answering_ = false;
    }
    if (stream_.socket().is_open()) {
      co_await close_gently();
    }
  }

  bool is_idle() const { return !is_answering_ && !is_closed_; }

  void close() {
    is_closed_ = true;
    beast::close_socket(stream_);
  }

 private:
  awaitable<bool> has_begun() {
    stream_.expires_after(kFirstByte);
    const auto [ec, size] = co_await stream_.async_read_some(buffer_.prepare(kFirstRead), kAsTuple);
    buffer_.commit(size);
    co_return !ec;
  }

  /// False: the connection ends with this request.
  awaitable<bool> serve_one() {
    Parser parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(kBodyBytesMax);
    stream_.expires_after(kPatience);
    const error_code ec = co_await read_request(parser);
    if (ec && !deserves_a_refusal(ec)) {
      close();
      co_return false;
    }
    is_answering_ = true;
    if (ec) {
      co_await write_whole(refusal_of(ec), false, false);
      co_return false;
    }
    stream_.expires_never();
    const Message& message = parser.get();
    const bool without_body = message.method() == bhttp::verb::head;
    const bool may_chunk = message.version() >= 11;
    const bool keep_alive = message.keep_alive();
    Response response = co_await answer(message);
    if (response.stream && !without_body) {
      co_return co_await write_pieces(std::move(response), may_chunk);
    }
    const bool keep = keep_alive && !is_stopping_;
    const bool written = co_await write_whole(std::move(response), keep, without_body);
    co_return written&& keep;
  }

  awaitable<error_code> read_request(Parser& parser) {
    const auto [ec, size] = co_await bhttp::async_read_header(stream_, buffer_, parser, kAsTuple);
    if (ec) {
      co_return ec;
    }
    if (beast::iequals(parser.get()[bhttp::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [write_ec, written] = co_await asio::async_write(
          stream_, asio::buffer(kContinue.data(), kContinue.size()), kAsTuple);
      if (write_ec) {
        co_return write_ec;
      }
    }
    const auto [body_ec, body_size] =
        co_await bhttp::async_read(stream_, buffer_, parser, kAsTuple);
    co_return body_ec;
  }

  awaitable<Response> answer(const Message& message) {
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
                    .by = by_};
    if (request.method == "HEAD") {
      request.method = "GET";
    }
    try {
      co_return co_await handler_(std::move(request));
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

  awaitable<bool> write_whole(Response response, bool keep, bool without_body) {
    bhttp::response<bhttp::string_body> message;
    fill_header(message, response);
    message.keep_alive(keep);
    message.body() = std::move(response.body);
    message.prepare_payload();
    stream_.expires_after(kPatience);
    bhttp::response_serializer<bhttp::string_body> serializer(message);
    if (without_body) {
      serializer.split(true);
      const auto [ec, size] = co_await bhttp::async_write_header(stream_, serializer, kAsTuple);
      co_return !ec;
    }
    const auto [ec, size] = co_await bhttp::async_write(stream_, serializer, kAsTuple);
    co_return !ec;
  }

  /// An answer without an end known beforehand ends its connection: nobody waits for a second one.
  awaitable<bool> write_pieces(Response response, bool may_chunk) {
    bhttp::response<bhttp::empty_body> message;
    fill_header(message, response);
    message.keep_alive(false);
    message.chunked(may_chunk);
    bhttp::response_serializer<bhttp::empty_body> serializer(message);
    stream_.expires_after(kPatience);
    const auto [ec, size] = co_await bhttp::async_write_header(stream_, serializer, kAsTuple);
    if (ec) {
      co_return false;
    }
    Send send = [this, may_chunk](std::string piece) {
      return write_piece(std::move(piece), may_chunk);
    };
    co_await response.stream(std::move(send));
    if (may_chunk && stream_.socket().is_open()) {
      stream_.expires_after(kPatience);
      co_await asio::async_write(stream_, bhttp::make_chunk_last(), kAsTuple);
    }
    co_return false;
  }

  awaitable<bool> write_piece(std::string piece, bool may_chunk) {
    if (is_stopping_ || !stream_.socket().is_open() || has_gone()) {
      co_return false;
    }
    if (piece.empty()) {
      co_return true;
    }
    stream_.expires_after(kPatience);
    error_code failure;
    if (may_chunk) {
      const auto [ec, size] =
          co_await asio::async_write(stream_, bhttp::make_chunk(asio::buffer(piece)), kAsTuple);
      failure = ec;
    } else {
      const auto [ec, size] = co_await asio::async_write(stream_, asio::buffer(piece), kAsTuple);
      failure = ec;
    }
    stream_.expires_never();
    co_return !failure;
  }

  /// Looks without waiting, and takes nothing.
  bool has_gone() {
    char byte = 0;
    const ssize_t got =
        ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
  }

  /// Where bytes of the peer are unread, says that nothing more comes and waits a moment for it to
  /// go: a plain close would reset the connection, and take our answer with it.
  awaitable<void> close_gently() {
    error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    if (buffer_.size() == 0 && stream_.socket().available(ignored) == 0) {
      close();
      co_return;
    }
    stream_.expires_after(kLastWords);
    std::array<char, 4096> rest;
    for (std::size_t total = 0; total < 2 * kBodyBytesMax;) {
      const auto [ec, size] = co_await stream_.async_read_some(asio::buffer(rest), kAsTuple);
      if (ec) {
        break;
      }
      total += size;
    }
    close();
  }

  Stream stream_;
  beast::flat_buffer buffer_{128 << 10};  // of what the limits of Beast leave out (chunks), too
  const std::string by_;
  const Handler& handler_;
  const bool& is_stopping_;
  bool is_answering_ = false;
  bool is_closed_ = false;
};

ServerSession::ServerSession(Socket socket, std::string by, const Handler& handler,
                             const bool& is_stopping)
    : connection_(
          std::make_unique<Connection>(std::move(socket), std::move(by), handler, is_stopping)) {}

ServerSession::~ServerSession() = default;

awaitable<void> ServerSession::run() {
  return connection_->run();
}

bool ServerSession::is_idle() const {
  return connection_->is_idle();
}

void ServerSession::close() {
  connection_->close();
}

}  // namespace postrider::http
