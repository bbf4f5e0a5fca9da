#include "health/judgement.h"

#include <gtest/gtest.h>

namespace postrider::health {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{std::chrono::hours(500'000)};

struct Row {
  const char* name;
  Tally tally;
  Measure measure;
  Level level;
};

class Levels : public ::testing::TestWithParam<Row> {};

TEST_P(Levels, AreThoseOfTheLimits) {
  EXPECT_EQ(level_of(GetParam().tally, GetParam().measure, Limits()), GetParam().level);
}

constexpr auto kBounces = Measure::bounces;
constexpr auto kComplaints = Measure::complaints;

INSTANTIATE_TEST_SUITE_P(
    Table, Levels,
    ::testing::Values(
        Row{"UnderTheWarning", {.ended = 1000, .hard = 49}, kBounces, Level::good},
        Row{"AtTheWarning", {.ended = 1000, .hard = 50}, kBounces, Level::warn},
        Row{"UnderThePause", {.ended = 1000, .hard = 99}, kBounces, Level::warn},
        Row{"AtThePause", {.ended = 1000, .hard = 100}, kBounces, Level::pause},
        Row{"TooFewToSay", {.ended = 499, .hard = 499}, kBounces, Level::good},
        Row{"JustEnough", {.ended = 500, .hard = 500}, kBounces, Level::pause},
        Row{"NoComplaints", {.ended = 9999, .delivered = 9999}, kComplaints, Level::good},
        Row{"ComplaintsWarn",
            {.ended = 9999, .delivered = 5000, .complaints = 5},
            kComplaints,
            Level::warn},
        Row{"ComplaintsPause", {.delivered = 2000, .complaints = 6}, kComplaints, Level::pause},
        Row{"TooFewComplaints", {.delivered = 1000, .complaints = 4}, kComplaints, Level::good},
        Row{"TooFewDelivered",
            {.ended = 9999, .delivered = 499, .complaints = 99},
            kComplaints,
            Level::good}),
    [](const auto& info) { return info.param.name; });

TEST(Judgement, NothingIsJudgedWhereALimitIsNought) {
  const Tally bad{.ended = 1000, .delivered = 1000, .hard = 1000, .complaints = 1000};
  const Limits none{
      .bounces_warn = 0, .bounces_pause = 0, .complaints_warn = 0, .complaints_pause = 0};
  const Limits warn_only{.bounces_pause = 0, .complaints_pause = 0};
  for (const Measure measure : {kBounces, kComplaints}) {
    EXPECT_EQ(level_of(bad, measure, none), Level::good);
    EXPECT_EQ(level_of(bad, measure, warn_only), Level::warn);
  }
}

TEST(Judgement, TheWorstOfTheShortestWindowIsTold) {
  Rates rates;
  rates.add(kNow - 2h, {.ended = 1000, .delivered = 800, .hard = 200}, kNow);
  rates.add(kNow, {.ended = 1000, .delivered = 940, .hard = 60}, kNow);
  const auto findings = judge(rates, Limits(), kNow);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings.front().level, Level::pause);
  EXPECT_EQ(findings.front().window, Window::day);
  EXPECT_EQ(explain(findings.front(), "bulk", ""),
            "13.0% of 2000 recipients of bulk mail in 24h bounced hard (limit 10%)");
}

TEST(Judgement, ComplaintsAreOfWhatWasDelivered) {
  Rates rates;
  rates.add(kNow, {.ended = 4000, .delivered = 2000, .complaints = 8}, kNow);
  const auto findings = judge(rates, Limits(), kNow);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(explain(findings.front(), "bulk", "mx.example.net"),
            "0.40% of 2000 delivered copies of bulk mail to mx.example.net in 1h were complained "
            "about (limit 0.3%)");
}

}  // namespace
}  // namespace postrider::health
