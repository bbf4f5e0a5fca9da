#include "store/free_space.h"

#include <chrono>
#include <sys/statvfs.h>

namespace postrider::store {

std::uint64_t FreeSpace::now() const {
  struct statvfs space{};
  if (::statvfs(directory_.c_str(), &space) != 0) {
    return 0;
  }
  return std::uint64_t{space.f_bavail} * space.f_frsize;
}

std::uint64_t FreeSpace::lately() const {
  constexpr std::int64_t kLookEvery = 250'000'000;  // ns
  const std::int64_t time = std::chrono::steady_clock::now().time_since_epoch().count();
  // Acquire: whoever sees the time of a look sees what it found.
  if (time - looked_at_.load(std::memory_order_acquire) > kLookEvery) {
    seen_.store(now(), std::memory_order_relaxed);
    looked_at_.store(time, std::memory_order_release);
  }
  return seen_.load(std::memory_order_relaxed);
}

}  // namespace postrider::store
