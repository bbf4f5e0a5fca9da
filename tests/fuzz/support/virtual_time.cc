#include "support/virtual_time.h"

#include <boost/asio/steady_timer.hpp>

namespace {

// Not zero: a deadline in the past must be expressible.
std::chrono::steady_clock::time_point virtual_now{std::chrono::hours(1000)};

}  // namespace

// The executable's own definition goes before that of the shared library.
std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
  return virtual_now;
}

namespace postrider::fuzz {

void pass_time(boost::asio::io_context& io, std::chrono::seconds by) {
  virtual_now += by;
  // The kernel's timer was set for a wait that takes as long as it takes. One that is due before
  // all others makes asio set it anew, by our clock.
  boost::asio::steady_timer first(io, virtual_now - std::chrono::hours(1));
  bool has_fired = false;
  first.async_wait([&](boost::system::error_code) { has_fired = true; });
  while (!has_fired) {
    io.restart();
    io.poll();
  }
}

}  // namespace postrider::fuzz
