// How many events one token may bring within a time, so that somebody who asks for one picture a
// million times fills neither the log nor the statistics.
//
// Memory is bounded: 64 Ki tokens are remembered, and in a crowd those that came least often are
// forgotten first. Any thread; one lock for a moment.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace postrider::links {

class HitLimit {
 public:
  /// `most`: events of one token within `over`, counted from its first; 0: any number.
  HitLimit(std::uint32_t most, Duration over);

  /// Whether what `path` (kind and token) brings at `now` is still within the limit. `shared`: the
  /// token is that of all recipients of a message, who may be a thousand.
  bool take(std::string_view path, bool shared, Time now);
  /// How often that was not so.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    std::uint64_t token = 0;  ///< hash of its path; 0: free
    Time since{};
    std::uint32_t count = 0;
  };
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kSets = std::size_t{1} << 14;
  using Set = std::array<Entry, kWays>;
  Entry& entry_of(std::uint64_t token, Time now);

  const std::uint32_t most_;
  const Duration over_;
  std::atomic<std::uint64_t> refused_ = 0;
  std::mutex mutex_;       // guards sets_
  std::vector<Set> sets_;  // empty where there is no limit
};

}  // namespace postrider::links
