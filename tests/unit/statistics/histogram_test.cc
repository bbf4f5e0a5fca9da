#include "statistics/histogram.h"

#include <cmath>
#include <gtest/gtest.h>

namespace postrider::statistics {
namespace {

constexpr std::uint32_t kTag = 1000;

TEST(Histogram, AnyValueIsReadBackWithinTheStatedError) {
  std::uint32_t before = 0;
  for (double exact = 0; exact < std::pow(2.0, 40); exact = exact * 1.013 + 1) {
    const auto value = static_cast<std::uint64_t>(exact);
    const std::uint32_t bucket = bucket_of(value);
    const auto read = static_cast<double>(middle_of(bucket));
    ASSERT_LE(std::abs(read - static_cast<double>(value)),
              kHistogramError * static_cast<double>(value))
        << value;
    ASSERT_GE(bucket, before) << value;
    ASSERT_LT(bucket, kBuckets);
    before = bucket;
  }
}

TEST(Histogram, SmallValuesAreExact) {
  for (std::uint64_t value = 0; value < 32; ++value) {
    EXPECT_EQ(middle_of(bucket_of(value)), value);
  }
}

TEST(Histogram, WhatIsTooLongHasABucketToo) {
  EXPECT_LT(bucket_of(~std::uint64_t{0}), kBuckets);
}

TEST(Histogram, QuantilesOfSumsAreThoseOfAllValues) {
  Counts fast;
  Counts slow;
  fast.add(1, 99);          // another counter of the row
  slow.add(kTag + 700, 5);  // and one behind the buckets
  for (std::uint64_t value = 1; value <= 1000; ++value) {
    (value % 3 == 0 ? slow : fast).add(kTag + bucket_of(value));
  }
  fast.add(slow);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double read = static_cast<double>(quantile(fast, kTag, share).value());
    EXPECT_NEAR(read, 1000 * share, kHistogramError * 1000 * share + 1) << share;
  }
}

TEST(Histogram, OfNothingThereIsNoQuantile) {
  Counts counts;
  counts.add(1, 5);
  EXPECT_EQ(quantile(counts, kTag, 0.5), std::nullopt);
}

}  // namespace
}  // namespace postrider::statistics
