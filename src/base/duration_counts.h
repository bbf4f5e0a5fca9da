// How long things took, counted by the buckets of one histogram (as Prometheus has them: a bound is
// the longest that falls into its bucket). Values; whoever shares one between threads locks.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace postrider {

struct DurationCounts {
  static constexpr std::size_t kBoundsMost = 12;

  /// `bounds`: in seconds, ascending, the same for each call; kBoundsMost at most.
  void add(double seconds, std::span<const double> bounds) {
    const auto bucket = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
    ++counts[static_cast<std::size_t>(bucket)];
    sum += seconds;
  }

  std::array<std::uint64_t, kBoundsMost + 1> counts{};  ///< the last bound's successor: longer
  double sum = 0;                                       ///< seconds
};

}  // namespace postrider
