#include "statistics/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace postrider::statistics {
namespace {

constexpr std::uint32_t kStepBits = 4;  // sixteen buckets to a doubling
constexpr std::uint32_t kSteps = 1U << kStepBits;
constexpr std::uint64_t kMost = std::uint64_t{1} << 40;

}  // namespace

std::uint32_t bucket_of(std::uint64_t value) {
  value = std::min(value, kMost);
  if (value < kSteps) {
    return static_cast<std::uint32_t>(value);
  }
  const auto shift = static_cast<std::uint32_t>(std::bit_width(value)) - 1 - kStepBits;
  return shift * kSteps + static_cast<std::uint32_t>(value >> shift);
}

std::uint64_t middle_of(std::uint32_t bucket) {
  if (bucket < 2 * kSteps) {
    return bucket;
  }
  const std::uint32_t shift = bucket / kSteps - 1;
  const std::uint64_t begin = std::uint64_t{bucket - shift * kSteps} << shift;
  return begin + ((std::uint64_t{1} << shift) - 1) / 2;
}

std::optional<std::uint64_t> quantile(const Counts& counts, std::uint32_t first_tag, double share) {
  const auto is_of_it = [&](const Counts::Count& count) {
    return count.tag >= first_tag && count.tag - first_tag < kBuckets;
  };
  std::uint64_t all = 0;
  for (const Counts::Count& count : counts.all()) {
    all += is_of_it(count) ? count.number : 0;
  }
  const double wanted = std::max(1.0, std::ceil(share * static_cast<double>(all)));
  std::uint64_t below = 0;
  for (const Counts::Count& count : counts.all()) {
    below += is_of_it(count) ? count.number : 0;
    if (below > 0 && static_cast<double>(below) >= wanted) {
      return middle_of(count.tag - first_tag);
    }
  }
  return std::nullopt;
}

}  // namespace postrider::statistics
