// How long what was told is kept. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace postrider::retention {

/// Headers and bodies are kept no longer than this, whoever asks.
inline constexpr Duration kContentMost = std::chrono::days(7);

/// [retention]
struct Options {
  /// Events younger than this go only where the budget forces it, and then an alert says so.
  Duration events_min = std::chrono::days(30);
  Duration events_max = std::chrono::days(365);  ///< older ones go, however much room there is
  /// Of the event log and its index by recipient: beyond it the oldest events go.
  std::uint64_t events_budget_bytes = std::uint64_t{20} << 30;
  Duration counters = std::chrono::days(762);  ///< of statistics: 25 months
  Duration content{0};  ///< of messages' headers and bodies, for people to look at; 0: never kept

  bool operator==(const Options&) const = default;
};

}  // namespace postrider::retention
