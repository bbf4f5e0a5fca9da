// A set of people of which only the number is asked: exact up to 1,024, a sketch past it
// (HyperLogLog with 4,096 registers: standard error 1.04/64, 1.6%). Sets are merged, in any order
// and grouping: the result is the same as if all had come into one, and exact if few.
//
// Estimated by O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017),
// algorithm 6, which needs no tables and no correction for small or large numbers.
//
// People are hashes of 64 bits, evenly spread. What is stored: a version, one byte (0: hashes of 8
// bytes in order; 1: the registers, a byte each), these, a checksum. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postrider::statistics {

class PeopleSet {
 public:
  static constexpr std::size_t kExactMax = 1024;
  static constexpr double kError = 1.04 / 64;  ///< standard error of the sketch

  /// False: nothing has changed.
  bool add(std::uint64_t hash);
  void add(const PeopleSet& other);
  /// False: it is not there, or nobody can tell any more because it is a sketch.
  bool remove(std::uint64_t hash);

  bool is_exact() const { return registers_.empty(); }
  std::uint64_t count() const;

  std::string encode() const;
  /// Errc::corrupt.
  static Result<PeopleSet> decode(std::string_view record);

  bool operator==(const PeopleSet&) const = default;

 private:
  void become_sketch();
  bool note(std::uint64_t hash);

  std::vector<std::uint64_t> exact_;     ///< in order
  std::vector<std::uint8_t> registers_;  ///< empty: exact
};

/// Of an address or another name, whatever its case.
std::uint64_t person(std::string_view name);

}  // namespace postrider::statistics
