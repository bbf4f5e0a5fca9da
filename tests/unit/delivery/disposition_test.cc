#include "delivery/disposition.h"

#include <gtest/gtest.h>

namespace postrider::delivery {
namespace {

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

class Decide : public testing::TestWithParam<Row> {};

TEST_P(Decide, ByReplyAndAge) {
  const Row& row = GetParam();
  Attempt attempt;
  attempt.waiting.accepted = kAccepted;
  attempt.reply.code = row.code;
  attempt.is_final = row.is_final;
  attempt.is_of_connection = row.is_of_connection;
  const Disposition made = decide(attempt, queue::RetryPolicy(), kAccepted + row.age, kMiddle);
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
  EXPECT_EQ(decide(attempt, queue::RetryPolicy(), kAccepted, kMiddle).due, kAccepted + minutes(1));
  attempt.waiting.attempts = 1;
  EXPECT_EQ(decide(attempt, queue::RetryPolicy(), kAccepted, kMiddle).due, kAccepted + minutes(5));
}

TEST(StatusOf, ThePeersOwnCodeWins) {
  Attempt attempt;
  attempt.reply.code = 550;
  attempt.reply.enhanced = "5.1.1";
  EXPECT_EQ(status_of(attempt), "5.1.1");
}

}  // namespace
}  // namespace postrider::delivery
