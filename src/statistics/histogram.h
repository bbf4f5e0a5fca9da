// A distribution of durations as counters that add up: buckets whose width grows with the value,
// sixteen to each doubling.
//
// A value that is read back is the middle of its bucket: at most 1/32 (3.2%) away from what was
// put in; below 16 it is exact. Values of 2^40 and more (34 years of milliseconds) count as that.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "statistics/counts.h"

namespace postrider::statistics {

constexpr double kHistogramError = 1.0 / 32;

/// Numbers of buckets follow the values, from 0.
std::uint32_t bucket_of(std::uint64_t value);
std::uint64_t middle_of(std::uint32_t bucket);
constexpr std::uint32_t kBuckets = 593;

/// The value that `share` (0 to 1) of all values do not exceed; nothing where there are none. The
/// buckets are the tags from `first_tag` on.
std::optional<std::uint64_t> quantile(const Counts& counts, std::uint32_t first_tag, double share);

}  // namespace postrider::statistics
