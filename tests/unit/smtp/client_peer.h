// A scripted peer for the client's tests: the other end of a real loopback connection, whose script
// is a coroutine beside the one that drives the client. Every wait ends within seconds.
#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <initializer_list>
#include <memory>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/stream.h"
#include "net/tls.h"
#include "smtp/client.h"

namespace postrider::smtp {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr auto kPatience = 10s;

class Peer {
 public:
  explicit Peer(net::Stream stream) : stream_(std::move(stream)) {}

  /// The next line without CRLF; "(end)" once the client has closed.
  asio::awaitable<std::string> line() {
    while (true) {
      const std::string_view bytes = stream_.buffered();
      if (const auto end = bytes.find("\r\n"); end != std::string_view::npos) {
        std::string found(bytes.substr(0, end));
        stream_.consume(end + 2);
        co_return found;
      }
      const Result<> filled = co_await stream_.fill(net::within(kPatience));
      if (!filled) {
        co_return filled.error().code() == Errc::closed ? "(end)" : filled.error().text();
      }
    }
  }

  asio::awaitable<void> expect(std::initializer_list<std::string_view> lines) {
    for (const std::string_view wanted : lines) {
      const std::string got = co_await line();
      EXPECT_EQ(got, wanted);
    }
  }

  /// Nothing more has been sent, as far as can be known without waiting.
  bool is_quiet() { return stream_.is_quiet(); }

  asio::awaitable<void> say(std::string bytes) {
    const Result<> written = co_await stream_.write(bytes, net::within(kPatience));
    EXPECT_TRUE(written) << written.error().text();
  }

  /// As it came over the wire, up to the dot alone and without it.
  asio::awaitable<std::string> data() {
    std::string content;
    while (true) {
      const std::string got = co_await line();
      if (got == "." || got == "(end)") {
        co_return content;
      }
      content += got + "\r\n";
    }
  }

  asio::awaitable<std::string> bytes(std::size_t count) {
    while (stream_.buffered().size() < count) {
      const Result<> filled = co_await stream_.fill(net::within(kPatience));
      if (!filled) {
        break;
      }
    }
    std::string taken(stream_.buffered().substr(0, count));
    stream_.consume(taken.size());
    co_return taken;
  }

  /// Greeting and EHLO.
  asio::awaitable<void> welcome(std::string_view features = "") {
    co_await say("220 mx.example ESMTP\r\n");
    co_await expect({"EHLO relay.example"});
    co_await say("250-mx.example\r\n" + std::string(features) + "250 HELP\r\n");
  }

  void close() { stream_.close(); }

  /// Lets the client run.
  static asio::awaitable<void> pause() {
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
  }
  net::Stream& stream() { return stream_; }

 private:
  net::Stream stream_;
};

struct SocketSizes {
  int client_send = 0;
  int client_receive = 0;
  int peer_send = 0;
  int peer_receive = 0;
};

class ClientTest : public testing::Test {
 protected:
  using Script = std::function<asio::awaitable<void>(Peer&)>;
  using Dialogue = std::function<asio::awaitable<void>(Client&)>;

  /// Runs both to their ends.
  void converse(const Script& script, const Dialogue& dialogue) {
    tcp::acceptor acceptor(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp::socket near(io_);
    tcp::socket far(io_);
    near.open(tcp::v4());
    resize(near, sizes.client_send, sizes.client_receive);
    resize(acceptor, sizes.peer_send, sizes.peer_receive);
    near.connect(acceptor.local_endpoint());
    acceptor.accept(far);
    client_ = std::make_unique<Client>(net::Stream(std::move(near)), timeouts);
    peer_ = std::make_unique<Peer>(net::Stream(std::move(far)));

    int running = 2;
    const auto ended = [&](const std::exception_ptr& error) {
      --running;
      if (error) {
        std::rethrow_exception(error);
      }
    };
    asio::co_spawn(io_, script(*peer_), ended);
    asio::co_spawn(io_, dialogue(*client_), ended);
    run_while(running);
    const int hanging = running;
    if (hanging > 0) {
      client_->stream().close();
      peer_->close();
      run_while(running);
    }
    EXPECT_EQ(hanging, 0) << "the dialogue hangs";
  }

  void run_while(const int& running) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (running > 0 && std::chrono::steady_clock::now() < until) {
      io_.run_one_until(until);
    }
  }

  template <class Socket>
  static void resize(Socket& socket, int send, int receive) {
    if (send != 0) {
      socket.set_option(asio::socket_base::send_buffer_size(send));
    }
    if (receive != 0) {
      socket.set_option(asio::socket_base::receive_buffer_size(receive));
    }
  }

  static asio::awaitable<void> start(Client& client) {
    const Result<Reply> greeting = co_await client.greeting();
    EXPECT_TRUE(greeting) << greeting.error().text();
    const Result<Reply> hello = co_await client.hello("relay.example");
    EXPECT_TRUE(hello) << hello.error().text();
  }

  static Envelope envelope(std::string_view sender, std::initializer_list<std::string_view> to) {
    Envelope made;
    made.reverse_path = *mail::parse_mailbox(sender, true);
    for (const std::string_view recipient : to) {
      made.recipients.emplace_back().address = *mail::parse_mailbox(recipient, true);
    }
    return made;
  }

  SocketSizes sizes;
  ClientTimeouts timeouts;

 private:
  asio::io_context io_;
  std::unique_ptr<Peer> peer_;
  std::unique_ptr<Client> client_;
};

/// A message of a few pieces, and what transact() wants of it.
class Letter {
 public:
  Letter(const Envelope& envelope, std::vector<std::string_view> pieces)
      : envelope_(envelope), pieces_(std::move(pieces)) {}
  Outgoing outgoing() const {
    return {.envelope = &envelope_, .content = pieces_, .content_bytes = size()};
  }
  std::uint64_t size() const {
    std::uint64_t bytes = 0;
    for (const std::string_view piece : pieces_) {
      bytes += piece.size();
    }
    return bytes;
  }

 private:
  const Envelope& envelope_;
  std::vector<std::string_view> pieces_;
};

}  // namespace postrider::smtp
