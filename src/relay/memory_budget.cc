#include "relay/memory_budget.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <malloc.h>
#include <unistd.h>
#include <utility>

#include "base/log.h"

namespace postrider::relay {
namespace {

constexpr std::int64_t kLookEvery = 10'000'000;     // ns: at 1 GB/s 10 MB may come meanwhile
constexpr std::int64_t kTrimEvery = 5'000'000'000;  // ns; it costs milliseconds a gigabyte

constexpr std::int64_t kTellEvery = 10'000'000'000;  // ns

constexpr std::uint64_t kConsumersMost = 48 << 20;

}  // namespace

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t kept_for_consumers(std::uint64_t bytes) {
  return std::min(kConsumersMost, bytes / 4);
}

MemoryBudget::MemoryBudget(std::uint64_t bytes, std::function<std::uint64_t()> resident)
    : most_(bytes - bytes / 10), resident_(std::move(resident)) {}

bool MemoryBudget::has_room() const {
  if (most_ == 0) {
    return true;
  }
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
  if (now - looked_at_.load(std::memory_order_acquire) > kLookEvery) {
    look(now);
    looked_at_.store(now, std::memory_order_release);
  }
  const bool has_room = seen_.load() + claimed_.load() <= most_;
  if (has_room_.exchange(has_room) != has_room) {
    tell(has_room, now);
  }
  return has_room;
}

/// What has been freed may still be resident: the C library gives it back when it is asked to.
void MemoryBudget::look(std::int64_t now) const {
  std::uint64_t resident = resident_();
  if (resident > most_ && now - trimmed_at_.load() > kTrimEvery) {
    trimmed_at_ = now;
    ::malloc_trim(0);
    resident = resident_();
  }
  seen_ = resident;
}

/// At the limit it goes to and fro with each large message.
void MemoryBudget::tell(bool has_room, std::int64_t now) const {
  if (now - told_at_ < kTellEvery) {
    return;
  }
  told_at_ = now;
  if (has_room) {
    log::info("there is room in memory again: mail is accepted", {});
  } else {
    log::warning("limits.memory is nearly used up: new mail is refused for now",
                 {{"resident", std::to_string(seen_.load())}});
  }
}

}  // namespace postrider::relay
