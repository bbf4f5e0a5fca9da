#include "load/latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace postrider::load {

// Below kSteps a bucket is one microsecond wide. Above, a value's highest seven bits choose it.
std::size_t Latencies::bucket_of(std::uint64_t micros) {
  if (micros < kSteps) {
    return micros;
  }
  const auto shift = static_cast<std::size_t>(std::bit_width(micros / kSteps)) - 1;
  const std::size_t bucket = (shift + 1) * kSteps + (micros >> shift) - kSteps;
  return std::min(bucket, kSteps * kPowers - 1);
}

/// The largest value that belongs to the bucket.
std::uint64_t Latencies::end_of(std::size_t bucket) {
  if (bucket < kSteps) {
    return bucket;
  }
  const std::size_t shift = bucket / kSteps - 1;
  return ((kSteps + bucket % kSteps + 1) << shift) - 1;
}

void Latencies::add(Duration sample) {
  sample = std::max(sample, Duration(0));
  ++buckets_[bucket_of(static_cast<std::uint64_t>(sample.count()))];
  ++count_;
  longest_ = std::max(longest_, sample);
}

void Latencies::add(const Latencies& others) {
  std::ranges::transform(buckets_, others.buckets_, buckets_.begin(), std::plus());
  count_ += others.count_;
  longest_ = std::max(longest_, others.longest_);
}

Latencies::Duration Latencies::percentile(double share) const {
  const auto wanted = std::max<std::uint64_t>(
      static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))), 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) {
      return std::min(Duration(end_of(i)), longest_);
    }
  }
  return longest_;
}

}  // namespace postrider::load
