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

TEST(ManualClock, SteadyTimeKnowsNothingOfWhatTheClockIsSetBy) {
  ManualClock clock{Time(100h)};
  int heard = 0;
  clock.on_jump([&] { ++heard; });
  clock.set(24h);
  EXPECT_EQ(clock.now(), Time(124h));
  EXPECT_EQ(clock.steady_now(), Time(100h));
  clock.set(-48h);
  clock.advance(1h);
  EXPECT_EQ(clock.now(), Time(77h));
  EXPECT_EQ(clock.steady_now(), Time(101h));
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(clock.real_wait(Time(101h)), 0ms) << "what is waited for is steady";
  EXPECT_EQ(clock.real_wait(Time(102h)), std::nullopt);
}

TEST(ManualClock, TimesAreTurnedAsTheWallClockStandsNow) {
  ManualClock clock{Time(100h)};
  EXPECT_EQ(clock.to_steady(Time(99h)), Time(99h));
  clock.set(24h);
  EXPECT_EQ(clock.to_steady(Time(124h)), Time(100h));
  EXPECT_EQ(clock.to_wall(Time(105h)), Time(129h));
}

TEST(SystemClock, WaitsAreNeverNegative) {
  const SystemClock clock;
  EXPECT_EQ(clock.real_wait(clock.steady_now() - 1h), 0ms);
  const auto wait = clock.real_wait(clock.steady_now() + 20s);
  ASSERT_TRUE(wait);
  EXPECT_GT(*wait, 1s);
  EXPECT_LE(*wait, 20s);
}

// That it does not follow a clock that is set is for `./test blackbox clock`, which can set one.
TEST(SystemClock, SteadyTimeBeginsAsTheWallTimeAndGoesOn) {
  const SystemClock clock;
  const Time first = clock.steady_now();
  EXPECT_LT(std::chrono::abs(clock.now() - first), 1h);
  EXPECT_GE(clock.steady_now(), first);
}

}  // namespace
}  // namespace postrider
