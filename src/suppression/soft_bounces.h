// The soft bounces of one address: when so many have come over so long without a success in
// between, it is suppressed.
//
// A soft bounce is a recipient that ended for a soft reason: at the end of its schedule, at once,
// or by a report that came later. What was delivered is a success unless a report about the same
// recipient follows. Values; pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace postrider::suppression {

/// [suppression]
struct SoftBounceLimit {
  std::uint32_t count = 5;                     ///< 0: they never suppress
  Duration over = std::chrono::hours(7 * 24);  ///< from the first to the last, at least

  bool operator==(const SoftBounceLimit&) const = default;
};

class SoftBounces {
 public:
  /// For each event first, by its sequence number. False: it, or a later one, has been taken.
  bool take(std::uint64_t sequence);
  /// True: the limit is reached.
  bool add(RecipientId recipient, Time time, const SoftBounceLimit& limit);
  /// True: there is nothing left to remember.
  bool add_success(RecipientId recipient);

  std::uint32_t count() const { return count_; }

  std::string encode() const;
  static Result<SoftBounces> decode(std::string_view record);

  bool operator==(const SoftBounces&) const = default;

 private:
  std::uint32_t count_ = 0;
  Time first_{};
  RecipientId delivered_;    ///< the last one; its report may come yet
  std::uint64_t taken_ = 0;  ///< sequence number of the last event
};

}  // namespace postrider::suppression
