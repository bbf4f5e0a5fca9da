// A mail host on loopback whose connections follow scripts: the first connection the first script,
// and so on; the last script holds for all that follow. Without a script it takes everything.
//
// Thread: the one that runs its context.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/task_group.h"
#include "support/scripted_peer.h"

namespace postrider::test {

using boost::asio::awaitable;

/// Holds scripts up until the test opens it.
class Gate {
 public:
  explicit Gate(boost::asio::io_context& context)
      : timer_(context, boost::asio::steady_timer::time_point::max()) {}

  awaitable<void> passed() {
    ++reached_;
    while (!is_open_) {
      co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
  }
  void open() {
    is_open_ = true;
    timer_.cancel();
  }
  std::size_t reached() const { return reached_; }  ///< how often somebody has come to it

 private:
  boost::asio::steady_timer timer_;
  bool is_open_ = false;
  std::size_t reached_ = 0;
};

/// One connection to a ScriptedHost.
class Visit : public ScriptedPeer {
 public:
  Visit(net::Stream stream, std::size_t number, std::vector<std::string>& taken)
      : ScriptedPeer(std::move(stream)), number_(number), taken_(taken) {}

  /// Answers an envelope up to DATA, which the caller answers. Returns its recipients, parted by
  /// spaces; empty once the client has left.
  awaitable<std::string> envelope() {
    std::string to;
    while (true) {
      const std::string got = co_await line();
      if (got == "DATA") {
        co_return to;
      }
      if (got.starts_with("RCPT TO:<")) {
        to += (to.empty() ? "" : " ") + got.substr(9, got.find('>') - 9);
      } else if (got == "QUIT") {
        co_await say("221 bye\r\n");
        co_return "";
      } else if (!got.starts_with("MAIL FROM:") && got != "RSET") {
        co_return "";
      }
      co_await say("250 ok\r\n");
    }
  }

  /// An envelope and its content, and no word yet about the message.
  awaitable<std::string> message() {
    const std::string to = co_await envelope();
    if (!to.empty()) {
      co_await say("354 go\r\n");
      co_await data();
    }
    co_return to;
  }

  /// Takes a message. False once the client has left.
  awaitable<bool> take() {
    const std::string to = co_await message();
    if (to.empty()) {
      co_return false;
    }
    taken_.push_back(std::to_string(number_) + ": " + to);
    co_await say("250 2.0.0 taken\r\n");
    co_return true;
  }

  awaitable<void> take_all() {
    bool is_here = true;
    while (is_here) {
      is_here = co_await take();
    }
  }

 private:
  std::size_t number_;
  std::vector<std::string>& taken_;
};

class ScriptedHost {
 public:
  using Script = std::function<awaitable<void>(Visit&)>;

  /// `address` numeric; `port` 0: the kernel chooses.
  ScriptedHost(boost::asio::io_context& context, const std::string& address, std::uint16_t port)
      : acceptor_(context, {boost::asio::ip::make_address(address), port}),
        port_(acceptor_.local_endpoint().port()),
        tasks_(context.get_executor(), "host") {
    tasks_.spawn(accept());
  }

  std::uint16_t port() const { return port_; }
  std::string address() const { return net::to_string(acceptor_.local_endpoint()); }
  void follow(std::vector<Script> scripts) { scripts_ = std::move(scripts); }

  /// "1: ann@example.net": the number of the connection, and for whom.
  const std::vector<std::string>& taken() const { return taken_; }
  std::size_t connections() const { return connections_; }  ///< so far
  std::size_t open() const { return open_; }
  std::size_t most_open() const { return most_open_; }

  /// Connections are refused from here on.
  void shut() { acceptor_.close(); }
  /// Ends all scripts; they have ended when the awaitable has.
  awaitable<void> stop() {
    acceptor_.close();
    tasks_.cancel();
    co_await tasks_.join();
  }

 private:
  awaitable<void> accept() {
    while (true) {
      auto [failed, socket] =
          co_await acceptor_.async_accept(boost::asio::as_tuple(boost::asio::use_awaitable));
      if (failed) {
        co_return;
      }
      ++connections_;
      tasks_.spawn(serve(net::Stream(std::move(socket)), connections_));
    }
  }

  awaitable<void> serve(net::Stream stream, std::size_t number) {
    Visit visit(std::move(stream), number, taken_);
    most_open_ = std::max(most_open_, ++open_);
    if (scripts_.empty()) {
      co_await visit.welcome("250-PIPELINING\r\n");
      co_await visit.take_all();
    } else {
      // By value: the script may be replaced while it runs.
      const Script script = scripts_[std::min(number, scripts_.size()) - 1];
      co_await script(visit);
    }
    --open_;
  }

  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::vector<Script> scripts_;
  std::vector<std::string> taken_;
  std::size_t connections_ = 0;
  std::size_t open_ = 0;
  std::size_t most_open_ = 0;
  net::TaskGroup tasks_;
};

}  // namespace postrider::test
