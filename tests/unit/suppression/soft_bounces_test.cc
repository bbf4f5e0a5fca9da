#include "suppression/soft_bounces.h"

#include <gtest/gtest.h>

namespace postrider::suppression {
namespace {

using std::chrono::hours;

const Time kStart{std::chrono::seconds(1'800'000'000)};
constexpr SoftBounceLimit kLimit{.count = 3, .over = hours(48)};

RecipientId recipient(std::uint64_t number) {
  return RecipientId{number * kIdStep};
}

TEST(SoftBounces, SoManyOverSoLongReachTheLimit) {
  SoftBounces soft;
  EXPECT_FALSE(soft.add(recipient(1), kStart, kLimit));
  EXPECT_FALSE(soft.add(recipient(2), kStart + hours(1), kLimit));
  EXPECT_FALSE(soft.add(recipient(3), kStart + hours(47), kLimit)) << "not over long enough";
  EXPECT_TRUE(soft.add(recipient(4), kStart + hours(48), kLimit));
}

TEST(SoftBounces, ASuccessInBetweenBeginsAnew) {
  SoftBounces soft;
  soft.add(recipient(1), kStart, kLimit);
  soft.add(recipient(2), kStart + hours(40), kLimit);
  EXPECT_FALSE(soft.add_success(recipient(3)));
  EXPECT_FALSE(soft.add(recipient(4), kStart + hours(50), kLimit));
  EXPECT_EQ(soft.count(), 1U);
}

// Large providers take first and report later.
TEST(SoftBounces, WhatWasDeliveredAndThenReportedIsNoSuccess) {
  SoftBounces soft;
  soft.add(recipient(1), kStart, kLimit);
  for (std::uint64_t i = 2; i < 4; ++i) {
    soft.add_success(recipient(i));
    EXPECT_EQ(soft.add(recipient(i), kStart + hours(24 * (i - 1)), kLimit), i == 3);
  }
}

TEST(SoftBounces, TwoSuccessesLeaveNothingToRemember) {
  SoftBounces soft;
  soft.add(recipient(1), kStart, kLimit);
  EXPECT_FALSE(soft.add_success(recipient(2)));
  EXPECT_TRUE(soft.add_success(recipient(3)));
}

TEST(SoftBounces, NoLimitIsNeverReached) {
  SoftBounces soft;
  for (std::uint64_t i = 1; i < 50; ++i) {
    EXPECT_FALSE(soft.add(recipient(i), kStart + hours(24 * i), {.count = 0, .over = hours(1)}));
  }
}

TEST(SoftBounces, AreReadAsTheyWereWritten) {
  SoftBounces soft;
  soft.add(recipient(1), kStart, kLimit);
  soft.add_success(recipient(2));
  EXPECT_EQ(*SoftBounces::decode(soft.encode()), soft);
  EXPECT_FALSE(SoftBounces::decode("damaged"));
}

}  // namespace
}  // namespace postrider::suppression
