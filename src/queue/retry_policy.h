// When to try a deferred recipient again, and when to give it up.
//
// A schedule is a list of waits: the n-th failed attempt is followed by the n-th wait, and the last
// one repeats until the recipient expires. A wait is spread evenly over [1 - jitter, 1 + jitter] of
// itself, so that what failed together does not come back together.
//
// RFC 5321, 4.5.4.1: give up after 4 to 5 days, wait 30 minutes before a retry; shorter first waits
// are usual, because greylisting (RFC 6647) lets most senders in after 1 to 15 minutes.
//
// Pure: clock and random number come in as arguments. Const calls from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace postrider::queue {

/// As in the configuration, [retry] and [[retry.rule]].
struct RetryOptions {
  std::vector<Duration> waits = {std::chrono::minutes(1), std::chrono::minutes(5),
                                 std::chrono::minutes(15), std::chrono::minutes(30),
                                 std::chrono::hours(1)};  ///< at least one, each >= 1 s
  Duration expire_after = std::chrono::hours(120);        ///< from acceptance; >= the first wait
  double jitter = 0.1;                                    ///< 0 <= jitter < 1
};

class RetryPolicy {
 public:
  /// Errc::invalid, naming the option and the bound that it breaks.
  static Result<RetryPolicy> create(RetryOptions options);
  RetryPolicy();  ///< the defaults above

  /// When a recipient whose attempt number `failures` (1 = the first) has just failed is due again;
  /// nothing once that would be at or after its expiry: the caller then settles it as expired.
  /// `random` is uniform in [0, 2^32).
  std::optional<Time> next_attempt(Time accepted, Time now, std::uint32_t failures,
                                   std::uint32_t random) const;

  /// `wait` from now, spread by the jitter; nothing at or after the expiry.
  std::optional<Time> attempt_after(Duration wait, Time accepted, Time now,
                                    std::uint32_t random) const;

  Time expires(Time accepted) const { return accepted + options_.expire_after; }

  /// No failure is followed by a longer one of the schedule; attempt_after() may be asked for more.
  Duration longest_wait() const;
  /// The most that the jitter makes of `wait`.
  Duration at_most(Duration wait) const;

 private:
  explicit RetryPolicy(RetryOptions options);

  RetryOptions options_;
};

}  // namespace postrider::queue
