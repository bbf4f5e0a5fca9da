#include "queue/retry_pace.h"

#include <gtest/gtest.h>

namespace postrider::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const RetryPace::Steady::time_point kStart{std::chrono::hours(1)};

std::size_t taken(RetryPace& pace, std::size_t waiting, RetryPace::Steady::time_point now) {
  std::size_t count = 0;
  while (pace.take(waiting, now)) {
    ++count;
  }
  return count;
}

TEST(RetryPace, AFewGoAtOnce) {
  RetryPace pace;
  EXPECT_EQ(taken(pace, 250, kStart), 250U);
}

TEST(RetryPace, ManyAreSpread) {
  RetryPace pace;
  std::size_t count = taken(pace, 20'000, kStart);
  for (int i = 1; i <= 100; ++i) {
    count += taken(pace, 20'000, kStart + milliseconds(100 * i));
  }
  EXPECT_NEAR(static_cast<double>(count), 250 * 11, 100);
}

TEST(RetryPace, TheMoreWaitTheFasterTheyGo) {
  RetryPace pace;
  taken(pace, 1'000'000, kStart);
  EXPECT_NEAR(static_cast<double>(taken(pace, 1'000'000, kStart + seconds(1))), 5000, 1);
}

TEST(RetryPace, ALongSilenceIsNotSavedUp) {
  RetryPace pace;
  taken(pace, 0, kStart);
  EXPECT_EQ(taken(pace, 0, kStart + std::chrono::hours(24)), 250U);
}

}  // namespace
}  // namespace postrider::queue
