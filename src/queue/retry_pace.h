// How fast what falls due is let go: what failed together falls due together, and would take the
// machine from everybody else's first attempts.
//
// A bucket that holds what a second brings: 250 recipients, or a two-hundredth of all that wait
// where that is more. A site that comes back after hours with a million waiting is given 5,000 a
// second; 100,000 that were deferred within ten seconds cost others' mail some percent instead of
// half (docs/performance.md). One thread; time is a parameter.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace postrider::queue {

class RetryPace {
 public:
  using Steady = std::chrono::steady_clock;

  /// Whether one of `waiting` recipients may go now.
  bool take(std::size_t waiting, Steady::time_point now) {
    const double rate = std::max(kLeast, static_cast<double>(waiting) / kShare);
    const std::chrono::duration<double> passed = now - filled_at_;
    tokens_ = std::min(rate, tokens_ + passed.count() * rate);
    filled_at_ = now;
    if (tokens_ < 1) {
      return false;
    }
    tokens_ -= 1;
    return true;
  }

 private:
  static constexpr double kLeast = 250;  // a second
  static constexpr double kShare = 200;

  double tokens_ = 0;
  Steady::time_point filled_at_;  // the epoch: the first call finds it full
};

}  // namespace postrider::queue
