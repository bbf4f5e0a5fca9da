// Attempts that were not answered with 2xx, counted by what they meant. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "bounce/taxonomy.h"

namespace postrider::relay {

class RefusalCounts {
 public:
  void add(bounce::Kind kind) {
    counts_[static_cast<std::size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t of(bounce::Kind kind) const {
    return counts_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, 6> counts_{};
};

}  // namespace postrider::relay
