// Percentiles out of a histogram.
#include "load/latencies.h"

#include <gtest/gtest.h>

namespace postrider::load {
namespace {

using namespace std::chrono_literals;

TEST(Latencies, AreZeroWithoutASample) {
  const Latencies none;
  EXPECT_EQ(none.percentile(0.99), 0us);
  EXPECT_EQ(none.longest(), 0us);
}

TEST(Latencies, SmallOnesAreExact) {
  Latencies latencies;
  for (int i = 1; i <= 50; ++i) {
    latencies.add(std::chrono::microseconds(i));
  }
  EXPECT_EQ(latencies.percentile(0.5), 25us);
  EXPECT_EQ(latencies.percentile(0.9), 45us);
  EXPECT_EQ(latencies.percentile(1), 50us);
}

TEST(Latencies, LargeOnesAreAtMostA64thTooLong) {
  for (std::int64_t sample = 1; sample < 100'000'000'000; sample = sample * 3 + 1) {
    Latencies latencies;
    latencies.add(std::chrono::microseconds(sample));
    latencies.add(std::chrono::microseconds(2'000'000'000'000));  // so that it is not the longest
    const std::int64_t found = latencies.percentile(0.5).count();
    EXPECT_GE(found, sample);
    EXPECT_LE(found, sample + sample / 64);
  }
}

TEST(Latencies, LongestIsExactAndBoundsThePercentiles) {
  Latencies latencies;
  latencies.add(123'457us);
  EXPECT_EQ(latencies.longest(), 123'457us);
  EXPECT_EQ(latencies.percentile(0.99), 123'457us);
}

TEST(Latencies, OfThreadsAddUp) {
  Latencies one;
  Latencies other;
  for (int i = 0; i < 99; ++i) {
    one.add(10us);
  }
  other.add(50'000us);
  one.add(other);
  EXPECT_EQ(one.count(), 100U);
  EXPECT_EQ(one.percentile(0.99), 10us);
  EXPECT_EQ(one.percentile(1), 50'000us);
  EXPECT_EQ(one.longest(), 50'000us);
}

TEST(Latencies, WhatIsBeyondAllMeasureIsKept) {
  Latencies latencies;
  latencies.add(std::chrono::microseconds::max());
  latencies.add(-1us);
  EXPECT_EQ(latencies.percentile(0.5), 0us);
  EXPECT_EQ(latencies.longest(), std::chrono::microseconds::max());
}

}  // namespace
}  // namespace postrider::load
