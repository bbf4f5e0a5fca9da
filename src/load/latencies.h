// How long things took: a histogram whose buckets are at most 1/64 of their value wide, in fixed
// memory, so that millions of samples cost nothing and threads' histograms can be added up.
//
// Values; one thread at a time.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postrider::load {

class Latencies {
 public:
  using Duration = std::chrono::microseconds;

  void add(Duration sample);  ///< what is negative counts as zero
  void add(const Latencies& others);

  /// The time within which that share (0 to 1) of the samples lay, at most 1/64 too long; zero
  /// without a sample.
  Duration percentile(double share) const;
  Duration longest() const { return longest_; }
  std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t kSteps = 64;  // to each power of two
  static constexpr std::size_t kPowers = 40;
  static std::size_t bucket_of(std::uint64_t micros);
  static std::uint64_t end_of(std::size_t bucket);

  std::array<std::uint64_t, kSteps * kPowers> buckets_{};
  std::uint64_t count_ = 0;
  Duration longest_{0};
};

}  // namespace postrider::load
