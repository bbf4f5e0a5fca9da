#include "health/rates.h"

#include <gtest/gtest.h>

namespace postrider::health {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{std::chrono::hours(500'000)};

Tally delivered(std::uint64_t count) {
  return {.ended = count, .delivered = count};
}

TEST(Rates, WhatHappenedIsInEachWindowThatReachesBackToIt) {
  Rates rates;
  rates.add(kNow - 30min, delivered(1), kNow);
  rates.add(kNow - 20h, delivered(10), kNow);
  rates.add(kNow - 6 * 24h, delivered(100), kNow);
  rates.add(kNow - 9 * 24h, delivered(1000), kNow);
  EXPECT_EQ(rates.sum(Window::hour, kNow).ended, 1U);
  EXPECT_EQ(rates.sum(Window::day, kNow).ended, 11U);
  EXPECT_EQ(rates.sum(Window::week, kNow).ended, 111U);
}

TEST(Rates, WhatIsOlderLeavesItsWindowWithinATwelfthOfIt) {
  Rates rates;
  rates.add(kNow, delivered(1), kNow);
  for (const Window window : kWindows) {
    const Duration length = length_of(window);
    EXPECT_EQ(rates.sum(window, kNow + length).ended, 1U) << to_string(window);
    EXPECT_EQ(rates.sum(window, kNow + length + length / 12).ended, 0U) << to_string(window);
  }
  EXPECT_FALSE(rates.is_over(kNow + 7 * 24h));
  EXPECT_TRUE(rates.is_over(kNow + 8 * 24h));
}

TEST(Rates, AClockThatWasWrongLeavesNothingBehind) {
  Rates rates;
  rates.add(kNow + 400 * 24h, delivered(1000), kNow + 400 * 24h);
  EXPECT_EQ(rates.sum(Window::week, kNow).ended, 0U);
  rates.add(kNow + 400 * 24h, delivered(1000), kNow);
  rates.add(kNow, delivered(1), kNow);
  EXPECT_EQ(rates.sum(Window::week, kNow).ended, 1U);
}

TEST(Rates, ARecordTellsTheSame) {
  Rates rates(kNow - 3h);
  for (auto age = 0min; age < 8 * 24h; age += 7min) {
    rates.add(kNow - age, {.ended = 3, .delivered = 2, .hard = 1, .complaints = 1}, kNow);
  }
  const std::string record = rates.encode();
  EXPECT_EQ(Rates::decode(record).value(), rates);
  EXPECT_LT(record.size(), 500U);
  for (std::size_t length = 0; length < record.size(); ++length) {
    EXPECT_FALSE(Rates::decode(record.substr(0, length)));
  }
}

TEST(Rates, PercentOfNothingIsNothing) {
  EXPECT_EQ(Tally().bounce_percent(), 0);
  EXPECT_EQ((Tally{.hard = 1, .complaints = 1}.complaint_percent()), 0);
  EXPECT_EQ((Tally{.ended = 200, .delivered = 100, .hard = 20, .complaints = 1}.bounce_percent()),
            10);
}

}  // namespace
}  // namespace postrider::health
