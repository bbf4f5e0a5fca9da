// When messages are due, on a clock that the test moves.
#include "load/pace.h"

#include <gtest/gtest.h>

namespace postrider::load {
namespace {

using namespace std::chrono_literals;

const Pace::Time kStart{1h};

TEST(Pace, SpacesMessagesEvenly) {
  const Pace pace(1000, kStart);
  EXPECT_EQ(pace.due(0), kStart);
  EXPECT_EQ(pace.due(1), kStart + 1ms);
  EXPECT_EQ(pace.due(60'000), kStart + 60s);
}

TEST(Pace, DoesNotDriftWhereTheRateDividesNothing) {
  const Pace pace(3, kStart);
  EXPECT_EQ(pace.due(3'000'000), kStart + 1'000'000s);
}

TEST(Pace, KeepsItsScheduleThoughMessagesAreLate) {
  const Pace pace(10, kStart);
  EXPECT_EQ(pace.lateness(5, kStart + 400ms), 0us);
  EXPECT_EQ(pace.lateness(5, kStart + 750ms), 250ms);
  EXPECT_EQ(pace.due(6), kStart + 600ms);
}

TEST(Pace, WithoutARateEverythingIsDueAndNothingLate) {
  const Pace pace(std::nullopt, kStart);
  EXPECT_EQ(pace.due(1'000'000), kStart);
  EXPECT_EQ(pace.lateness(1, kStart + 1h), 0us);
}

}  // namespace
}  // namespace postrider::load
