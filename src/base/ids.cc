#include "base/ids.h"

#include <algorithm>
#include <cassert>

namespace postrider {
namespace {

constexpr std::uint64_t kTicksPerSecond = 32768;
constexpr std::chrono::seconds kEpoch{1704067200};  // 2024-01-01T00:00:00Z

std::uint64_t tick_at(Time now) {
  const auto since = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) - kEpoch;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 1)) * kTicksPerSecond;
}

}  // namespace

Time time_of(RecipientId id) {
  const auto seconds = static_cast<std::int64_t>(id.value / kPartitions / kTicksPerSecond);
  return Time(kEpoch + std::chrono::seconds(seconds));
}

RecipientId first_id_at(Time time) {
  const auto since = std::chrono::ceil<std::chrono::seconds>(time.time_since_epoch()) - kEpoch;
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(since.count(), 0));
  return RecipientId{std::min(seconds * kTicksPerSecond * kPartitions, kIdLimit)};
}

IdSource::IdSource(std::uint32_t partition, std::uint64_t highest)
    : partition_(partition), next_tick_(highest / kPartitions + 1) {}

MessageId IdSource::reserve(Time now, std::uint32_t count) {
  assert(count > 0);
  const std::uint64_t at_least = tick_at(now);
  std::uint64_t next = next_tick_.load(std::memory_order_relaxed);
  std::uint64_t first = 0;
  do {
    first = std::max(next, at_least);
  } while (!next_tick_.compare_exchange_weak(next, first + count, std::memory_order_relaxed));
  return MessageId{first * kPartitions + partition_};
}

}  // namespace postrider
