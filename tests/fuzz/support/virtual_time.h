// Time for a fuzz target: std::chrono::steady_clock stands still in an executable that links this,
// and moves only when it is told to. So a script's pause of five minutes costs nothing, and nothing
// is ever late because the machine is busy. The fuzzer's own limits run on the system's clock.
#pragma once

#include <chrono>

#include <boost/asio/io_context.hpp>

namespace postrider::fuzz {

/// Timers of `io` that are due then fire in its next run.
void pass_time(boost::asio::io_context& io, std::chrono::seconds by);

}  // namespace postrider::fuzz
