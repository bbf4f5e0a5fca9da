#include "statistics/people_set.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace postrider::statistics {
namespace {

std::string address(std::uint64_t number) {
  return "user" + std::to_string(number) + "@example.net";
}

PeopleSet set_of(std::uint64_t from, std::uint64_t to) {
  PeopleSet set;
  for (; from < to; ++from) {
    set.add(person(address(from)));
  }
  return set;
}

double off(const PeopleSet& set, std::uint64_t exact) {
  return std::abs(static_cast<double>(set.count()) / static_cast<double>(exact) - 1);
}

TEST(PeopleSet, IsExactUpToItsSizeAndASketchPastIt) {
  EXPECT_EQ(PeopleSet().count(), 0U);
  PeopleSet set = set_of(0, PeopleSet::kExactMax);
  EXPECT_TRUE(set.is_exact());
  EXPECT_EQ(set.count(), PeopleSet::kExactMax);
  EXPECT_FALSE(set.add(person("USER17@example.net"))) << "whatever the case";
  set.add(person("one more"));
  EXPECT_FALSE(set.is_exact());
  EXPECT_LT(off(set, PeopleSet::kExactMax + 1), 3 * PeopleSet::kError);
}

// 40 sets of each size: the spread is the stated error, and there is no bias beside it.
TEST(PeopleSet, ErrsAsMuchAsItSays) {
  for (const std::uint64_t size : {1'500U, 5'000U, 10'000U, 20'000U, 60'000U}) {
    constexpr int kSets = 40;
    double squares = 0;
    double sum = 0;
    for (int i = 0; i < kSets; ++i) {
      const std::uint64_t first = static_cast<std::uint64_t>(i) * 1'000'000;
      const PeopleSet set = set_of(first, first + size);
      const double error = static_cast<double>(set.count()) / static_cast<double>(size) - 1;
      squares += error * error;
      sum += error;
    }
    EXPECT_LT(std::sqrt(squares / kSets), 1.4 * PeopleSet::kError) << size;
    EXPECT_LT(std::abs(sum / kSets), PeopleSet::kError / 2) << size;
  }
}

TEST(PeopleSet, CountsAMillion) {
  EXPECT_LT(off(set_of(0, 1'000'000), 1'000'000), 3 * PeopleSet::kError);
}

TEST(PeopleSet, WhatIsMergedIsAsIfItHadComeIntoOne) {
  struct Row {
    const char* name;
    std::uint64_t first_to, second_from, second_to;
  };
  for (const Row& row : {Row{"two small ones that share some", 400, 300, 700},
                         Row{"two small ones that become large", 900, 600, 1'500},
                         Row{"a large one and a small one", 5'000, 4'900, 5'100},
                         Row{"a small one and a large one", 100, 50, 5'000},
                         Row{"two large ones", 5'000, 3'000, 9'000}}) {
    PeopleSet merged = set_of(0, row.first_to);
    merged.add(set_of(row.second_from, row.second_to));
    EXPECT_EQ(merged, set_of(0, row.second_to)) << row.name;
  }
}

TEST(PeopleSet, ForgetsWhomItKnowsByName) {
  PeopleSet set = set_of(0, 10);
  EXPECT_TRUE(set.remove(person(address(3))));
  EXPECT_FALSE(set.remove(person(address(3))));
  EXPECT_EQ(set.count(), 9U);
  PeopleSet sketch = set_of(0, 2'000);
  const std::uint64_t before = sketch.count();
  EXPECT_FALSE(sketch.remove(person(address(3))));
  EXPECT_EQ(sketch.count(), before);
}

TEST(PeopleSet, ComesBackAsItWasStored) {
  for (const std::uint64_t size : {0U, 1U, 1'024U, 1'025U, 50'000U}) {
    const PeopleSet set = set_of(0, size);
    const std::string record = set.encode();
    EXPECT_LE(record.size(), 8'200U);
    EXPECT_EQ(PeopleSet::decode(record).value(), set) << size;
  }
}

TEST(PeopleSet, DamageIsNoticed) {
  for (const std::uint64_t size : {5U, 2'000U}) {
    const std::string record = set_of(0, size).encode();
    for (std::size_t i = 0; i < record.size(); i += 7) {
      std::string damaged = record;
      damaged[i] = static_cast<char>(damaged[i] ^ 1);
      EXPECT_FALSE(PeopleSet::decode(damaged)) << i;
    }
    EXPECT_FALSE(PeopleSet::decode(record.substr(0, record.size() - 1)));
  }
  EXPECT_FALSE(PeopleSet::decode(""));
}

}  // namespace
}  // namespace postrider::statistics
