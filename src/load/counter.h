// How often each recipient of each run has arrived.
//
// A byte for each number, in pages that exist once a number in them has come: a million recipients
// take 1 MB, whatever the order. What counts further than a byte stays there. The memory that runs
// and pages may take is bounded; what would go beyond is counted as foreign.
//
// One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "load/load_id.h"

namespace postrider::load {

class Counter {
 public:
  struct Run {
    std::uint32_t run = 0;
    std::uint64_t recipients = 0;  ///< different ones
    std::uint64_t copies = 0;      ///< beyond the first of each
  };

  explicit Counter(std::size_t pages_max = 64 * 1024) : pages_max_(pages_max) {}

  /// How many copies had come before: 255 for more; nothing if there is no room to count it.
  std::optional<std::uint32_t> count(LoadId id);

  /// How many have come so far.
  std::uint32_t seen(LoadId id) const;

  std::vector<Run> runs() const;  ///< by name

 private:
  static constexpr std::uint64_t kPageNumbers = 16 * 1024;
  using Page = std::array<std::uint8_t, kPageNumbers>;

  struct Counts {
    std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages;
    Run figures;
  };

  std::size_t pages_max_;
  std::size_t pages_ = 0;
  std::map<std::uint32_t, Counts> runs_;
};

}  // namespace postrider::load
