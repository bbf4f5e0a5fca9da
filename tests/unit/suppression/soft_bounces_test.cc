#include "suppression/soft_bounces.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

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
  soft.take(7);
  EXPECT_EQ(*SoftBounces::decode(soft.encode()), soft);
  EXPECT_FALSE(SoftBounces::decode("damaged"));
}

TEST(SoftBounces, OfTheFirstVersionAreReadToo) {
  std::string record = begin_record(1, 24);
  for (const std::uint64_t field : {2U, 1000U, 0U}) {
    put_varint(record, field);
  }
  Result<SoftBounces> read = SoftBounces::decode(seal_record(std::move(record)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->count(), 2U);
  EXPECT_TRUE(read->take(1));
}

TEST(SoftBounces, AnEventIsTakenOnce) {
  SoftBounces soft;
  EXPECT_TRUE(soft.take(5));
  EXPECT_FALSE(soft.take(5));
  EXPECT_FALSE(soft.take(4));
  EXPECT_TRUE(soft.take(6));
}

}  // namespace
}  // namespace postrider::suppression
