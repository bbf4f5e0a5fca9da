#include "cli/control_client.h"

#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "net/task_group.h"
#include "relay/data_directory.h"
#include "relay/settings_toml.h"

namespace postrider::cli {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::awaitable;
using boost::system::error_code;
using local = asio::local::stream_protocol;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

using Take = std::function<bool(std::string_view)>;

Error trouble(const error_code& ec) {
  if (ec == beast::error::timeout) {
    return {Errc::timeout, "the relay did not answer in time"};
  }
  return {Errc::closed, "the connection to the relay broke: " + ec.message()};
}

/// Hands on the lines that are whole; what is left stays in `text`.
bool hand_on_lines(std::string& text, const Take& take) {
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    if (!take(std::string_view(text).substr(begin, end - begin))) {
      return false;
    }
    begin = end + 1;
  }
  text.erase(0, begin);
  return true;
}

/// One request on one connection.
class Exchange {
 public:
  Exchange(asio::io_context& io, std::string path) : stream_(io), path_(std::move(path)) {}

  /// `take` set: an answer 200 is handed on by lines. Limits are off for it: events may be days
  /// apart.
  awaitable<void> run(const Question& question, const Take* take) {
    const error_code ec = co_await exchange(question, take);
    if (ec) {
      result_ = fail(trouble(ec));
    }
  }
  Result<Answer> result() { return std::move(result_); }

 private:
  awaitable<error_code> exchange(const Question& question, const Take* take) {
    error_code connect_ec;
    stream_.socket().connect(local::endpoint(path_), connect_ec);
    if (connect_ec) {
      co_return connect_ec;
    }
    stream_.expires_after(question.patience);
    bhttp::request<bhttp::string_body> request;
    request.version(11);
    request.method_string(question.method);
    request.target(question.target);
    request.set(bhttp::field::host, "localhost");
    request.set(bhttp::field::connection, "close");
    request.set(bhttp::field::content_type, "application/json");
    request.body() = question.body;
    request.prepare_payload();
    const auto [write_ec, written] = co_await bhttp::async_write(stream_, request, kAsTuple);
    if (write_ec) {
      co_return write_ec;
    }
    parser_.body_limit(boost::none);
    const auto [ec, size] = co_await bhttp::async_read_header(stream_, buffer_, parser_, kAsTuple);
    if (ec) {
      co_return ec;
    }
    result_->status = static_cast<int>(parser_.get().result_int());
    if (take != nullptr && result_->status == 200) {
      co_return co_await read_lines(*take);
    }
    const auto [body_ec, body_size] =
        co_await bhttp::async_read(stream_, buffer_, parser_, kAsTuple);
    result_->body = std::move(parser_.get().body());
    co_return body_ec;
  }

  awaitable<error_code> read_lines(const Take& take) {
    stream_.expires_never();
    std::string lines;
    while (!parser_.is_done()) {
      const auto [ec, size] = co_await bhttp::async_read_some(stream_, buffer_, parser_, kAsTuple);
      lines += std::exchange(parser_.get().body(), {});
      if (!hand_on_lines(lines, take)) {
        co_return error_code();
      }
      if (ec) {
        co_return ec;
      }
    }
    co_return error_code();
  }

  beast::basic_stream<local> stream_;
  std::string path_;
  beast::flat_buffer buffer_;
  bhttp::response_parser<bhttp::string_body> parser_;
  Result<Answer> result_ = Answer();
};

class RunningRelay final : public ControlClient {
 public:
  explicit RunningRelay(std::string socket) : socket_(std::move(socket)) {}

  Result<Answer> ask(const Question& question) override { return run(question, nullptr); }
  Result<Answer> follow(const Question& question, const Take& take) override {
    return run(question, &take);
  }

 private:
  Result<Answer> run(const Question& question, const Take* take) {
    asio::io_context io{1};
    Exchange exchange(io, socket_);
    net::TaskGroup tasks(io.get_executor(), "control");
    tasks.spawn(exchange.run(question, take));
    io.run();
    return exchange.result();
  }

  std::string socket_;
};

}  // namespace

Result<std::unique_ptr<ControlClient>> connect_to_relay(const std::filesystem::path& socket) {
  asio::io_context io{1};
  local::socket probe(io);
  error_code ec;
  try {
    probe.connect(local::endpoint(socket.string()), ec);
  } catch (const boost::system::system_error& error) {
    return fail(Errc::unavailable, "the socket's path " + socket.string() + " is too long");
  }
  if (ec == asio::error::connection_refused ||
      ec == boost::system::errc::no_such_file_or_directory) {
    return std::unique_ptr<ControlClient>();
  }
  if (ec) {
    return fail(Errc::unavailable, "connecting to " + socket.string() + ": " + ec.message() +
                                       (ec == boost::system::errc::permission_denied
                                            ? "; run this as the user that the relay runs as"
                                            : ""));
  }
  return std::make_unique<RunningRelay>(socket.string());
}

Result<std::unique_ptr<ControlClient>> ControlClient::open(const Context& context,
                                                           const std::filesystem::path& data) {
  TRY(auto running, connect_to_relay(relay::DataDirectory::control_socket(data)));
  if (running) {
    return running;
  }
  // A configuration with mistakes is no reason not to read what there is.
  const relay::LoadedSettings loaded =
      relay::load_settings({.file = config_file(context), .overrides = context.set});
  return open_stores(data, loaded.settings.return_path_domain);
}

}  // namespace postrider::cli
