// Counts failures of each key over a sliding window and says when there have been too many.
//
// The window slides by two halves of a story: the failures of the present window, and those of the
// one before in the share of it that the sliding window still covers. That errs by a failure or two
// and needs 32 bytes a key. Once the limit is reached the key is refused for one whole window, and
// starts from nothing after it.
//
// Not for more than one thread at a time.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "directory/recent_table.h"

namespace postrider::directory {

struct FailureLimits {
  Duration window{0};
  std::uint32_t failures_max = 0;
  std::size_t entries_max = 0;
};

class FailureCounter {
 public:
  explicit FailureCounter(FailureLimits limits);

  bool is_refused(const Digest& key, Time now);

  /// How many there have been within the window, this one included.
  std::uint32_t count(const Digest& key, Time now);

 private:
  struct Record {
    Time began{};  ///< of the present window
    std::uint32_t present = 0;
    std::uint32_t before = 0;
    Time refused_until{};
  };

  FailureLimits limits_;
  RecentTable<Record> records_;
};

}  // namespace postrider::directory
