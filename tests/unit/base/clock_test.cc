#include "base/clock.h"

#include <gtest/gtest.h>

namespace postrider {
namespace {

using namespace std::chrono_literals;

TEST(ManualClock, StandsStillUntilItIsMoved) {
  ManualClock clock{Time(5s)};
  EXPECT_EQ(clock.now(), Time(5s));
  clock.advance(120h);
  EXPECT_EQ(clock.now(), Time(5s + 120h));
}

TEST(ManualClock, OnlyAJumpReachesTheFuture) {
  ManualClock clock{Time(5s)};
  EXPECT_EQ(clock.real_wait(Time(5s)), 0ms);
  EXPECT_EQ(clock.real_wait(Time(4s)), 0ms);
  EXPECT_EQ(clock.real_wait(Time(5001ms)), std::nullopt);
}

TEST(ManualClock, ListenersHearOfAJumpAndSeeTheNewTime) {
  ManualClock clock{Time(0s)};
  std::vector<Time> heard;
  clock.on_jump([&] { heard.push_back(clock.now()); });
  clock.on_jump([&] { heard.push_back(clock.now() + 1ms); });
  clock.advance(1s);
  clock.advance(1s);
  EXPECT_EQ(heard, (std::vector<Time>{Time(1s), Time(1001ms), Time(2s), Time(2001ms)}));
}

TEST(ManualClock, AListenerMayAddAnother) {
  ManualClock clock{Time(0s)};
  int heard = 0;
  clock.on_jump([&] { clock.on_jump([&heard] { ++heard; }); });
  clock.advance(1s);
  EXPECT_EQ(heard, 0);
  clock.advance(1s);
  EXPECT_EQ(heard, 1);
}

TEST(SystemClock, WaitsAreNeverNegative) {
  const SystemClock clock;
  EXPECT_EQ(clock.real_wait(clock.now() - 1h), 0ms);
  const auto wait = clock.real_wait(clock.now() + 20s);
  ASSERT_TRUE(wait);
  EXPECT_GT(*wait, 1s);
  EXPECT_LE(*wait, 20s);
}

// The machine's clock may be set forward meanwhile, and nobody tells us.
TEST(SystemClock, NoWaitIsSoLongThatAJumpWouldBeMissed) {
  const SystemClock clock;
  EXPECT_EQ(clock.real_wait(clock.now() + 1h), 30s);
}

}  // namespace
}  // namespace postrider
