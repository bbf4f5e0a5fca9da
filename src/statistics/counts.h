// A row of counters: numbers by tag, kept as one value of the database. Rows add up, in any order
// and grouping.
//
// What is stored: a version, pairs of varints (distance to the tag before, number) in the order of
// the tags, a checksum. Zeros are not kept; sums wrap at 2^64.
//
// Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postrider::statistics {

class Counts {
 public:
  struct Count {
    std::uint32_t tag = 0;
    std::uint64_t number = 0;

    bool operator==(const Count&) const = default;
  };

  void add(std::uint32_t tag, std::uint64_t number = 1);
  void add(const Counts& other);

  std::uint64_t get(std::uint32_t tag) const;  ///< 0 if it isn't there
  bool empty() const { return counts_.empty(); }
  const std::vector<Count>& all() const { return counts_; }  ///< by tag

  std::string encode() const;
  /// Errc::corrupt if the checksum or a pair does not hold.
  static Result<Counts> decode(std::string_view record);

  bool operator==(const Counts&) const = default;

 private:
  std::vector<Count> counts_;
};

}  // namespace postrider::statistics
