// Accepts TCP connections on one endpoint, on as many threads as there are executors: a socket for
// each, all on the same port (SO_REUSEPORT), among which the kernel spreads the connections.
//
// While clients have all the descriptors that they may have (net/descriptors.h), connections wait
// in the kernel. That, and an accept that fails, is logged and followed by a pause, and the loop
// goes on: it ends only when it is cancelled. Thread of a Listener: its executor's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"

namespace postrider::net {

class Listener {
 public:
  ~Listener();
  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) noexcept;

  boost::asio::ip::tcp::endpoint local() const;

  /// Hands each new connection to `accepted`, until the coroutine is cancelled or close() is
  /// called; then it returns. `accepted` must not throw; a socket that it doesn't keep is closed.
  /// `full` is told before each pause: it may make room.
  boost::asio::awaitable<void> run(
      std::function<void(boost::asio::ip::tcp::socket)> accepted,
      std::function<void()> full = [] {});

  /// Connections are refused from here on; run() returns.
  void close();

  /// How many times it had to pause.
  std::uint64_t failures() const;

 private:
  friend Result<std::vector<Listener>> listen(std::span<const boost::asio::any_io_executor>,
                                              boost::asio::ip::tcp::endpoint);
  struct State;
  explicit Listener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

/// A listener for each executor, all on `endpoint`; with port 0 the kernel chooses one for all. An
/// IPv6 endpoint takes IPv6 only. Errc::unavailable says why not: "port in use", for example, also
/// where another process of ours listens, which SO_REUSEPORT would share in silence.
Result<std::vector<Listener>> listen(std::span<const boost::asio::any_io_executor> executors,
                                     boost::asio::ip::tcp::endpoint endpoint);

}  // namespace postrider::net
