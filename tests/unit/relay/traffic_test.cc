#include "relay/traffic.h"

#include <gtest/gtest.h>

namespace postrider::relay {
namespace {

using delivery::Outcome;

std::vector<std::string> names(const TrafficTable& table) {
  std::vector<std::string> all;
  for (const TrafficTable::Row& row : table.rows()) {
    all.push_back(row.name);
  }
  return all;
}

void deliver(TrafficTable& table, const std::string& name, int times) {
  for (int i = 0; i < times; ++i) {
    table.attempt(name, Outcome::delivered, 2.5);
  }
}

TEST(TrafficTable, CountsByNameUntilItsRowsAreTakenAndTheRestTogether) {
  TrafficTable table(2);
  deliver(table, "b", 3);
  table.attempt("a", Outcome::deferred, 0);
  table.accept("a", 7);
  deliver(table, "c", 5);
  table.attempt("d", Outcome::failed, 0);
  const auto rows = table.rows();
  ASSERT_EQ(names(table), (std::vector<std::string>{"a", "b", "other"}));
  EXPECT_EQ(rows[0].counts.accepted, 7U);
  EXPECT_EQ(rows[0].counts.of(Outcome::deferred), 1U);
  EXPECT_EQ(rows[0].counts.delivery.sum, 0);
  EXPECT_EQ(rows[1].counts.of(Outcome::delivered), 3U);
  EXPECT_EQ(rows[1].counts.delivery.sum, 7.5);
  EXPECT_EQ(rows[1].counts.delivery.counts[1], 3U) << "over 1 s and up to 5 s";
  EXPECT_EQ(rows[2].counts.of(Outcome::delivered), 5U);
  EXPECT_EQ(rows[2].counts.of(Outcome::failed), 1U);
}

TEST(TrafficTable, AProviderCalledOtherHasNoRowOfItsOwn) {
  TrafficTable table(2);
  deliver(table, "other", 2);
  EXPECT_EQ(names(table), (std::vector<std::string>{"other"}));
  EXPECT_EQ(table.rows()[0].counts.of(Outcome::delivered), 2U);
}

TEST(TrafficTable, TheBusiestTakeTheRowsOfTheQuietAndNoCounterFalls) {
  TrafficTable table(2, 100);
  deliver(table, "quiet", 1);
  deliver(table, "steady", 50);
  deliver(table, "new", 48);  // the 100th ends the round
  deliver(table, "new", 10);
  ASSERT_EQ(names(table), (std::vector<std::string>{"new", "steady", "other"}));
  const auto rows = table.rows();
  EXPECT_EQ(rows[0].counts.of(Outcome::delivered), 10U) << "from 0 on";
  EXPECT_EQ(rows[1].counts.of(Outcome::delivered), 50U);
  EXPECT_EQ(rows[2].counts.of(Outcome::delivered), 48U) << "stays";
}

TEST(TrafficTable, ANameThatIsHardlyBusierTakesNoRow) {
  TrafficTable table(1, 100);
  deliver(table, "first", 45);
  deliver(table, "second", 60);
  EXPECT_EQ(names(table), (std::vector<std::string>{"first", "other"}));
}

TEST(TrafficTable, IsBoundedHoweverManyNamesThereAre) {
  TrafficTable table(50, 1000);
  for (int i = 0; i < 20'000; ++i) {
    table.accept("site" + std::to_string(i), 1);
  }
  std::uint64_t accepted = 0;
  for (const TrafficTable::Row& row : table.rows()) {
    accepted += row.counts.accepted;
  }
  EXPECT_EQ(table.rows().size(), 51U);
  EXPECT_EQ(accepted, 20'000U) << "nobody was busy enough to be given a row";
}

TEST(DurationCounts, ABoundIsTheLongestOfItsBucket) {
  constexpr std::array kBounds{1.0, 5.0};
  DurationCounts counts;
  for (const double seconds : {0.0, 1.0, 1.1, 5.0, 99.0}) {
    counts.add(seconds, kBounds);
  }
  EXPECT_EQ(counts.counts[0], 2U);
  EXPECT_EQ(counts.counts[1], 2U);
  EXPECT_EQ(counts.counts[2], 1U);
}

}  // namespace
}  // namespace postrider::relay
