#include "suppression/standing.h"

#include <gtest/gtest.h>

namespace postrider::suppression {
namespace {

const Time kNow{std::chrono::seconds(1'800'000'000)};

Change added(Reason reason, std::string scope = {}) {
  Change made;
  made.reason = reason;
  made.scope = std::move(scope);
  made.time = kNow;
  return made;
}

Change removed(Reason reason = Reason::any, std::string scope = {}) {
  Change made = added(reason, std::move(scope));
  made.is_removal = true;
  return made;
}

bool blocks(const std::vector<Change>& changes, std::string_view stream, Time now = kNow) {
  return reason_against(standing(changes, now), stream) != nullptr;
}

TEST(Standing, AnUnsubscribeFromBulkDoesNotStopAPasswordReset) {
  const std::vector<Change> changes{added(Reason::unsubscribe, "bulk")};
  EXPECT_TRUE(blocks(changes, "bulk"));
  EXPECT_FALSE(blocks(changes, "transactional"));
}

TEST(Standing, AHardBounceStopsEverything) {
  const std::vector<Change> changes{added(Reason::hard_bounce)};
  EXPECT_TRUE(blocks(changes, "bulk"));
  EXPECT_TRUE(blocks(changes, "transactional"));
}

TEST(Standing, WhatWasTakenBackHoldsNoMoreUntilItComesAgain) {
  std::vector<Change> changes{added(Reason::hard_bounce), removed()};
  EXPECT_FALSE(blocks(changes, "bulk"));
  changes.push_back(added(Reason::hard_bounce));
  EXPECT_TRUE(blocks(changes, "bulk"));
}

TEST(Standing, TakingBackOneReasonLeavesTheOthers) {
  const std::vector<Change> changes{added(Reason::hard_bounce), added(Reason::unsubscribe, "bulk"),
                                    removed(Reason::hard_bounce)};
  EXPECT_TRUE(blocks(changes, "bulk"));
  EXPECT_FALSE(blocks(changes, "transactional"));
  const std::vector<Change> other{added(Reason::hard_bounce), removed(Reason::any, "bulk")};
  EXPECT_TRUE(blocks(other, "bulk"));
}

TEST(Standing, AnExpiryEndsIt) {
  std::vector<Change> changes{added(Reason::manual)};
  changes[0].expires = kNow + Duration(1);
  EXPECT_TRUE(blocks(changes, "bulk"));
  EXPECT_FALSE(blocks(changes, "bulk", kNow + Duration(1)));
}

TEST(Standing, TheSameAgainStandsOnce) {
  const std::vector<Change> changes{added(Reason::complaint), added(Reason::complaint)};
  EXPECT_EQ(standing(changes, kNow).size(), 1U);
}

TEST(IsCovered, OnlyByWhatLastsAtLeastAsLong) {
  Change brief = added(Reason::manual);
  brief.expires = kNow + std::chrono::hours(1);
  const Change forever = added(Reason::manual);
  EXPECT_FALSE(is_covered(std::vector{brief}, forever));
  EXPECT_TRUE(is_covered(std::vector{forever}, brief));
  EXPECT_TRUE(is_covered(std::vector{brief}, brief));
  EXPECT_TRUE(is_covered(std::vector{forever}, forever));
  EXPECT_FALSE(is_covered(std::vector{forever}, added(Reason::complaint)));
  EXPECT_FALSE(is_covered(std::vector{forever}, added(Reason::manual, "bulk")));
}

TEST(TimeToStand, IsWhenItHappenedUnlessSomethingLaterUndoesIt) {
  const Time now = kNow + std::chrono::hours(1);
  Change earlier = added(Reason::manual);
  earlier.time = kNow - std::chrono::hours(1);
  EXPECT_EQ(time_to_stand({}, earlier, now), earlier.time);
  EXPECT_EQ(time_to_stand(std::vector{added(Reason::complaint)}, earlier, now), earlier.time);
  EXPECT_EQ(time_to_stand(std::vector{removed()}, earlier, now), now);
  EXPECT_EQ(time_to_stand(std::vector{removed(Reason::complaint)}, earlier, now), earlier.time);
  Change brief = added(Reason::manual);
  brief.expires = now + std::chrono::hours(1);
  EXPECT_EQ(time_to_stand(std::vector{brief}, earlier, now), now);
  earlier.expires = kNow;
  EXPECT_EQ(time_to_stand(std::vector{removed()}, earlier, now), earlier.time) << "it has expired";
}

}  // namespace
}  // namespace postrider::suppression
