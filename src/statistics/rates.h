// The rates of a row of counters, each with the one line that says what it is: the same wherever a
// rate is shown. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "statistics/counts.h"

namespace postrider::statistics {

struct Rate {
  std::string_view name;
  std::string_view definition;
  std::span<const std::uint32_t> part;   ///< tags
  std::span<const std::uint32_t> whole;  ///< tags
};

std::span<const Rate> rates();

/// Nothing where there is nothing to divide by. May exceed 1: what is delivered in an hour may
/// have been accepted before it.
std::optional<double> value_of(const Rate& rate, const Counts& counts);

}  // namespace postrider::statistics
