#include "queue/retry_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postrider::queue {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Time kAccepted{std::chrono::milliseconds(1'790'000'000'000)};
constexpr std::uint32_t kLowest = 0;
constexpr std::uint32_t kMiddle = 0x80000000;
constexpr std::uint32_t kHighest = 0xFFFFFFFF;

RetryPolicy policy(RetryOptions options) {
  return RetryPolicy::create(std::move(options)).value();
}

struct Row {
  const char* name;
  std::uint32_t failures;
  std::uint32_t random;
  Duration age;  ///< of the message, when the attempt has failed
  std::optional<Duration> wait;
};

class NextAttempt : public testing::TestWithParam<Row> {};

TEST_P(NextAttempt, IsDueAfter) {
  const RetryPolicy retry =
      policy({.waits = {5min, 30min, 2h}, .expire_after = 24h, .jitter = 0.2});
  const Row& row = GetParam();
  const Time now = kAccepted + row.age;
  const auto due = retry.next_attempt(kAccepted, now, row.failures, row.random);
  ASSERT_EQ(due.has_value(), row.wait.has_value());
  if (due) {
    EXPECT_EQ(*due - now, *row.wait);
  }
}

INSTANTIATE_TEST_SUITE_P(
    RetryPolicy, NextAttempt,
    testing::Values(
        Row{.name = "First", .failures = 1, .random = kMiddle, .age = 0s, .wait = 5min},
        Row{.name = "Second", .failures = 2, .random = kMiddle, .age = 5min, .wait = 30min},
        Row{.name = "LastRepeats", .failures = 900, .random = kMiddle, .age = 5h, .wait = 2h},
        Row{.name = "Earliest", .failures = 1, .random = kLowest, .age = 0s, .wait = 4min},
        Row{.name = "Latest", .failures = 1, .random = kHighest, .age = 0s, .wait = 6min - 1ms},
        Row{.name = "JustBeforeExpiry",
            .failures = 9,
            .random = kMiddle,
            .age = 22h - 1ms,
            .wait = 2h},
        Row{.name = "DueAtExpiry",
            .failures = 9,
            .random = kMiddle,
            .age = 22h,
            .wait = std::nullopt},
        Row{.name = "AfterExpiry",
            .failures = 9,
            .random = kMiddle,
            .age = 30h,
            .wait = std::nullopt}),
    [](const auto& row) { return row.param.name; });

// Five days of retries, on a clock that the test moves.
TEST(RetryPolicy, FiveDaysOfFailuresEndInExpiry) {
  const RetryPolicy retry = policy({.waits = {5min, 30min, 2h}, .expire_after = 120h, .jitter = 0});
  ManualClock clock(kAccepted);
  std::uint32_t attempts = 1;
  while (const auto due = retry.next_attempt(kAccepted, clock.now(), attempts, kMiddle)) {
    clock.advance(*due - clock.now());
    ++attempts;
  }
  EXPECT_EQ(attempts, 62U);
}

TEST(RetryPolicy, NoWaitIsLongerThanTheLongest) {
  const RetryPolicy retry =
      policy({.waits = {5min, 2h, 30min}, .expire_after = 24h, .jitter = 0.2});
  EXPECT_EQ(retry.longest_wait(), 144min);
  const auto due = retry.next_attempt(kAccepted, kAccepted, 2, kHighest);
  ASSERT_TRUE(due);
  EXPECT_LE(*due - kAccepted, retry.longest_wait());
}

TEST(RetryPolicy, DefaultsFollowTheRfc) {
  EXPECT_EQ(RetryPolicy().expires(kAccepted), kAccepted + 120h);
  EXPECT_EQ(RetryPolicy().next_attempt(kAccepted, kAccepted, 1, kMiddle), kAccepted + 1min);
  EXPECT_EQ(RetryPolicy().next_attempt(kAccepted, kAccepted, 99, kMiddle), kAccepted + 1h);
}

TEST(RetryPolicy, WrongOptionIsNamed) {
  const auto why = [](RetryOptions options) {
    const auto made = RetryPolicy::create(std::move(options));
    return made ? std::string("no error") : made.error().text();
  };
  EXPECT_THAT(why({.waits = {}}), HasSubstr("retry.waits is empty"));
  EXPECT_THAT(why({.waits = {5min, 999ms}}), HasSubstr("retry.waits holds \"999ms\""));
  EXPECT_THAT(why({.waits = {5min}, .expire_after = 4min}), HasSubstr("retry.expire_after"));
  EXPECT_THAT(why({.jitter = 1.0}), HasSubstr("retry.jitter"));
  EXPECT_THAT(why({.jitter = -0.1}), HasSubstr("retry.jitter"));
  EXPECT_EQ(why({.waits = {1s}, .expire_after = 1s, .jitter = 0}), "no error");
}

}  // namespace
}  // namespace postrider::queue
