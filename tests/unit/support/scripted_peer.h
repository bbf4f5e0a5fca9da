// The other end of a client's connection, by hand: what it hears and says is a coroutine of the
// test's. Every wait ends within seconds.
#pragma once

#include <chrono>
#include <gtest/gtest.h>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/stream.h"

namespace postrider::test {

constexpr std::chrono::seconds kPatience{10};

class ScriptedPeer {
 public:
  explicit ScriptedPeer(net::Stream stream) : stream_(std::move(stream)) {}

  /// The next line without CRLF; "(end)" once the client has closed.
  boost::asio::awaitable<std::string> line() {
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

  boost::asio::awaitable<void> expect(std::initializer_list<std::string_view> lines) {
    for (const std::string_view wanted : lines) {
      const std::string got = co_await line();
      EXPECT_EQ(got, wanted);
    }
  }

  /// Nothing more has been sent, as far as can be known without waiting.
  bool is_quiet() { return stream_.is_quiet(); }

  boost::asio::awaitable<void> say(std::string bytes) {
    const Result<> written = co_await stream_.write(bytes, net::within(kPatience));
    EXPECT_TRUE(written) << written.error().text();
  }

  /// As it came over the wire, up to the dot alone and without it.
  boost::asio::awaitable<std::string> data() {
    std::string content;
    while (true) {
      const std::string got = co_await line();
      if (got == "." || got == "(end)") {
        co_return content;
      }
      content += got + "\r\n";
    }
  }

  boost::asio::awaitable<std::string> bytes(std::size_t count) {
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
  boost::asio::awaitable<void> welcome(std::string_view features = "") {
    co_await say("220 mx.example ESMTP\r\n");
    co_await expect({"EHLO relay.example"});
    co_await say("250-mx.example\r\n" + std::string(features) + "250 HELP\r\n");
  }

  void close() { stream_.close(); }

  /// Lets the client run.
  static boost::asio::awaitable<void> pause() {
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
  net::Stream& stream() { return stream_; }

 private:
  net::Stream stream_;
};

}  // namespace postrider::test
