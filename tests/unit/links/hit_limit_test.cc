#include "links/hit_limit.h"

#include <gtest/gtest.h>
#include <string>

namespace postrider::links {
namespace {

using namespace std::chrono_literals;

const Time kNow{std::chrono::seconds(1'800'000'000)};

int taken(HitLimit& limit, std::string_view path, int times, Time now, bool shared = false) {
  int count = 0;
  for (int i = 0; i < times; ++i) {
    count += limit.take(path, shared, now) ? 1 : 0;
  }
  return count;
}

TEST(HitLimit, EachTokenHasItsOwn) {
  HitLimit limit(3, 1h);
  EXPECT_EQ(taken(limit, "/o/one", 1'000'000, kNow), 3);
  EXPECT_EQ(limit.refused(), 999'997U);
  EXPECT_EQ(taken(limit, "/o/two", 2, kNow), 2);
  EXPECT_EQ(taken(limit, "/c/one", 2, kNow), 2) << "another kind";
}

TEST(HitLimit, BeginsAnewWhenItsTimeIsOver) {
  HitLimit limit(3, 1h);
  EXPECT_EQ(taken(limit, "/o/one", 9, kNow), 3);
  EXPECT_EQ(taken(limit, "/o/one", 9, kNow + 1h - 1ms), 0);
  EXPECT_EQ(taken(limit, "/o/one", 9, kNow + 1h), 3);
  EXPECT_EQ(taken(limit, "/o/one", 9, kNow - 1s), 3) << "a clock that was set back";
}

TEST(HitLimit, WhatAllRecipientsShareHasAThousandTimesAsMuch) {
  HitLimit limit(2, 1h);
  EXPECT_EQ(taken(limit, "/o/all", 3000, kNow, true), 2000);
}

TEST(HitLimit, NoneIsNone) {
  HitLimit limit(0, 1h);
  EXPECT_EQ(taken(limit, "/o/one", 10'000, kNow), 10'000);
  EXPECT_EQ(limit.refused(), 0U);
}

TEST(HitLimit, InACrowdWhoeverComesMostIsNotForgotten) {
  HitLimit limit(100, 1h);
  int persistent = 0;
  for (int i = 0; i < 500'000; ++i) {
    limit.take("/o/" + std::to_string(i), false, kNow);
    persistent += limit.take("/o/persistent", false, kNow) ? 1 : 0;
  }
  EXPECT_EQ(persistent, 100);
}

}  // namespace
}  // namespace postrider::links
