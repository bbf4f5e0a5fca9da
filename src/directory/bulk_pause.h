// Whether an account's bulk mail goes, and who has said so. Values.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace postrider::directory {

/// Who pauses because of an account's figures (health/monitor.h).
inline constexpr std::string_view kByItself = "postrider";

struct BulkPause {
  bool is_paused = false;
  Time changed{};       ///< when it was paused or let go on; the epoch: never
  std::string by;       ///< a person, or kByItself
  std::string why;      ///< in their words
  Time counted_from{};  ///< what happened before is not held against it

  bool operator==(const BulkPause&) const = default;
};

}  // namespace postrider::directory
