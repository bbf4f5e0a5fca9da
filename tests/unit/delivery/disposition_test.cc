#include "delivery/disposition.h"

#include <gtest/gtest.h>

namespace postrider::delivery {
namespace {

using bounce::Category;
using bounce::Kind;
using bounce::Retry;
using bounce::Verdict;
using std::chrono::hours;
using std::chrono::minutes;

const Time kAccepted{std::chrono::seconds(1'800'000'000)};
constexpr std::uint32_t kMiddle = 0x80000000U;

struct Row {
  const char* name;
  int code;
  bool is_final;
  bool is_of_connection;
  std::chrono::hours age;
  Outcome outcome;
  const char* status;
};

/// As where no rule knows the words: the class of the code decides.
Verdict unknown(int code) {
  return {.retry = code >= 500 ? Retry::no : Retry::yes};
}

class Decide : public testing::TestWithParam<Row> {};

TEST_P(Decide, ByReplyAndAge) {
  const Row& row = GetParam();
  Attempt attempt;
  attempt.waiting.accepted = kAccepted;
  attempt.reply.code = row.code;
  attempt.is_final = row.is_final;
  attempt.is_of_connection = row.is_of_connection;
  const Disposition made =
      decide(attempt, unknown(row.code), queue::RetryPolicy(), kAccepted + row.age, kMiddle);
  EXPECT_EQ(made.outcome, row.outcome);
  EXPECT_EQ(status_of(attempt), row.status);
}

INSTANTIATE_TEST_SUITE_P(
    Replies, Decide,
    testing::Values(
        Row{"Accepted", 250, false, false, hours(0), Outcome::delivered, "2.0.0"},
        Row{"Refused", 550, false, false, hours(0), Outcome::failed, "5.0.0"},
        Row{"RefusedAtTheGreeting", 554, false, true, hours(0), Outcome::deferred, "4.0.0"},
        Row{"TryLater", 450, false, false, hours(0), Outcome::deferred, "4.0.0"},
        Row{"TryLaterAtTheEnd", 450, false, false, hours(120), Outcome::expired, "4.0.0"},
        Row{"RefusedAtTheEnd", 550, false, false, hours(120), Outcome::failed, "5.0.0"},
        Row{"NoReply", 0, false, false, hours(0), Outcome::deferred, "4.0.0"},
        Row{"NoReplyAndNoHope", 0, true, false, hours(0), Outcome::failed, "5.0.0"},
        Row{"Unexpected3xx", 354, false, false, hours(0), Outcome::deferred, "4.0.0"}),
    [](const auto& row) { return row.param.name; });

TEST(DecideDue, TheFirstFailureIsFollowedByTheFirstWait) {
  Attempt attempt;
  attempt.waiting.accepted = kAccepted;
  attempt.reply.code = 451;
  EXPECT_EQ(decide(attempt, unknown(451), queue::RetryPolicy(), kAccepted, kMiddle).due,
            kAccepted + minutes(1));
  attempt.waiting.attempts = 1;
  EXPECT_EQ(decide(attempt, unknown(451), queue::RetryPolicy(), kAccepted, kMiddle).due,
            kAccepted + minutes(5));
}

const Verdict kWrongAddress{.kind = Kind::hard,
                            .category = Category::no_such_mailbox,
                            .retry = Retry::no,
                            .suppress = true};
const Verdict kSetUp{.kind = Kind::block, .category = Category::auth_failed, .retry = Retry::no};
const Verdict kFull{.kind = Kind::soft, .category = Category::mailbox_full, .retry = Retry::later};

Attempt answered(int code) {
  Attempt attempt;
  attempt.waiting.accepted = kAccepted;
  attempt.reply.code = code;
  return attempt;
}

Disposition decide_now(const Attempt& attempt, const Verdict& verdict, Duration age = {}) {
  return decide(attempt, verdict, queue::RetryPolicy(), kAccepted + age, kMiddle);
}

TEST(DecideByWords, AWrongAddressStopsAlsoBehindA4xx) {
  EXPECT_EQ(decide_now(answered(450), kWrongAddress).outcome, Outcome::failed);
}

TEST(DecideByWords, WhatRefusesTheConnectionIsNeverFinal) {
  Attempt attempt = answered(554);
  attempt.is_of_connection = true;
  EXPECT_EQ(decide_now(attempt, kWrongAddress).outcome, Outcome::deferred);
}

TEST(DecideByWords, A4xxAboutOurSetUpIsTriedHourly) {
  const Disposition made = decide_now(answered(421), kSetUp);
  EXPECT_EQ(made.outcome, Outcome::deferred);
  EXPECT_EQ(made.due, kAccepted + hours(1));
  EXPECT_TRUE(made.needs_mending);
  const auto brief =
      queue::RetryPolicy::create({.waits = {minutes(1)}, .expire_after = hours(9)}).value();
  EXPECT_EQ(longest_wait(answered(421).waiting, brief), minutes(66));
  EXPECT_EQ(decide_now(answered(421), kSetUp, hours(120)).outcome, Outcome::expired);
  EXPECT_EQ(decide_now(answered(550), kSetUp).outcome, Outcome::failed);
}

TEST(DecideByWords, A5xxThatPassesIsTriedThreeTimesWithinTwoDays) {
  Attempt attempt = answered(552);
  Duration age{};
  for (const Duration wait : {Duration(minutes(30)), Duration(hours(4)), Duration(hours(24))}) {
    const Disposition made = decide_now(attempt, kFull, age);
    ASSERT_EQ(made.outcome, Outcome::deferred);
    EXPECT_TRUE(made.is_later);
    EXPECT_EQ(made.due, kAccepted + age + wait);
    age += wait;
    ++attempt.waiting.laters;
    EXPECT_GE(longest_wait(attempt.waiting, queue::RetryPolicy()), wait);
    attempt.waiting.attempts += 2;  // other failures in between do not count
  }
  EXPECT_EQ(decide_now(attempt, kFull, age).outcome, Outcome::failed);
}

TEST(DecideByWords, A5xxThatPassesIsNotTriedBehindTwoDays) {
  EXPECT_EQ(decide_now(answered(552), kFull, hours(47)).outcome, Outcome::deferred);
  EXPECT_EQ(decide_now(answered(552), kFull, hours(48)).outcome, Outcome::failed);
}

TEST(StatusOf, ThePeersOwnCodeWins) {
  Attempt attempt;
  attempt.reply.code = 550;
  attempt.reply.enhanced = "5.1.1";
  EXPECT_EQ(status_of(attempt), "5.1.1");
}

}  // namespace
}  // namespace postrider::delivery
