// What the client's tests run in: a client at one end of a real loopback connection, a scripted
// peer at the other, a coroutine each. Every wait ends within seconds.
#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/stream.h"
#include "net/tls.h"
#include "smtp/client.h"
#include "support/scripted_peer.h"

namespace postrider::smtp {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

using Peer = test::ScriptedPeer;
using test::kPatience;

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
