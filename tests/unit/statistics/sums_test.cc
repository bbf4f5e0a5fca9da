#include "statistics/sums.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace postrider::statistics {
namespace {

constexpr std::uint32_t kHour = 24 * 20'000 + 22;
constexpr std::uint64_t kOneLess = ~std::uint64_t{0};

Place place(std::uint32_t hour, AccountId account, std::string_view domain, std::string_view site) {
  Place made{.hour = hour, .account = account, .values = {}};
  made.values[0] = {.dimension = Dimension::domain, .text = domain};
  made.values[1] = {.dimension = Dimension::provider, .text = site};
  return made;
}

Addend one(std::uint32_t tag, std::uint64_t number = 1) {
  Addend addend;
  addend.add(tag, number);
  return addend;
}

/// By what each is about: account, span, dimension, begin, value.
using Names = std::map<std::string, std::uint64_t>;
Names names(const Sums& sums, std::uint32_t tag) {
  Names all;
  for (const Sums::Row& row : sums.rows()) {
    const RowName name = parse_key(row.key).value();
    all[to_string(name.account) + (name.span == Span::hour ? " hour " : " day ") +
        std::to_string(name.begin) + " " + std::to_string(static_cast<int>(name.dimension)) + " " +
        name.value] = row.counts.get(tag);
  }
  return all;
}

TEST(Sums, AnEventIsInARowOfEachThatItBelongsTo) {
  Sums sums;
  sums.add(place(kHour, AccountId{7}, "shop.example", ""), one(1));
  const std::string hour = " hour " + std::to_string(kHour);
  const std::string day = " day " + std::to_string(kHour - 22);
  EXPECT_EQ(names(sums, 1), (Names{{"0" + hour + " 0 ", 1},
                                   {"0" + hour + " 1 7", 1},
                                   {"0" + hour + " 3 shop.example", 1},
                                   {"7" + hour + " 0 ", 1},
                                   {"7" + hour + " 3 shop.example", 1},
                                   {"0" + day + " 0 ", 1},
                                   {"0" + day + " 1 7", 1},
                                   {"0" + day + " 3 shop.example", 1},
                                   {"7" + day + " 0 ", 1},
                                   {"7" + day + " 3 shop.example", 1}}));
}

TEST(Sums, WhoHasNoAccountIsInTheRowsOfAllOnce) {
  Sums sums;
  sums.add(place(kHour, {}, "", ""), one(20));
  sums.add(place(kHour, {}, "", ""), one(20));
  const std::string hour = "0 hour " + std::to_string(kHour);
  const std::string day = "0 day " + std::to_string(kHour - 22);
  EXPECT_EQ(names(sums, 20),
            (Names{{hour + " 0 ", 2}, {hour + " 1 0", 2}, {day + " 0 ", 2}, {day + " 1 0", 2}}));
}

TEST(Sums, WhatIsTakenBackLeavesNoRow) {
  Sums sums;
  sums.add(place(kHour, AccountId{1}, "a", "b"), one(1));
  sums.add(place(kHour, AccountId{1}, "a", "b"), one(1, kOneLess));
  EXPECT_TRUE(sums.rows().empty());
}

TEST(Sums, RowsAreInTheOrderOfTheirKeysAndClearForgetsThem) {
  Sums sums;
  for (const std::uint32_t hour : {kHour + 3, kHour, kHour + 1}) {
    sums.add(place(hour, AccountId{hour % 5}, "a", std::to_string(hour)), one(1));
  }
  const std::vector<Sums::Row> rows = sums.rows();
  EXPECT_TRUE(std::ranges::is_sorted(rows, {}, &Sums::Row::key));
  EXPECT_GT(sums.cells(), 0U);
  sums.clear();
  EXPECT_EQ(sums.cells(), 0U);
  EXPECT_TRUE(sums.rows().empty());
}

/// Each dimension of each account adds up to all of its events, hour by hour and day by day.
TEST(Sums, EverythingAddsUp) {
  Sums sums;
  std::mt19937 random(5);
  for (int i = 0; i < 5000; ++i) {
    const std::string site = "mx" + std::to_string(random() % 50);
    sums.add(place(kHour + random() % 30, AccountId{1 + random() % 3}, "d", site), one(2));
  }
  std::map<std::pair<std::uint64_t, int>, std::map<int, std::uint64_t>> all;
  for (const Sums::Row& row : sums.rows()) {
    const RowName name = parse_key(row.key).value();
    all[{name.account.value, static_cast<int>(name.span)}][static_cast<int>(name.dimension)] +=
        row.counts.get(2);
  }
  ASSERT_EQ(all.size(), 8U);
  std::uint64_t of_accounts = 0;
  for (const auto& [of, by_dimension] : all) {
    for (const auto& [dimension, count] : by_dimension) {
      EXPECT_EQ(count, by_dimension.at(0)) << of.first << " " << of.second << " " << dimension;
    }
    of_accounts += of.first == 0 ? 0 : by_dimension.at(0);
  }
  EXPECT_EQ(of_accounts, 2 * 5000U);
  EXPECT_EQ((all[{0, 1}][0]), 5000U);
}

}  // namespace
}  // namespace postrider::statistics
