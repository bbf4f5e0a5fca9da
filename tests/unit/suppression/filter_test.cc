#include "suppression/filter.h"

#include <gtest/gtest.h>

namespace postrider::suppression {
namespace {

Fingerprint entry(std::uint64_t number, AccountId account = AccountId{1}) {
  const mail::Address address{.local = "user" + std::to_string(number), .domain = "example.net"};
  return fingerprint_of(account, hash_of(address, Secret{7}));
}

// Through four parts of the filter.
TEST(Filter, FindsEverythingThatWasAddedAndLittleElse) {
  constexpr std::uint64_t kEntries = 400'000;
  Filter filter;
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    filter.add(entry(i));
  }
  std::uint64_t found = 0;
  std::uint64_t mistaken = 0;
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    found += filter.may_contain(entry(i)) ? 1 : 0;
    mistaken += filter.may_contain(entry(kEntries + i)) ? 1 : 0;
  }
  EXPECT_EQ(found, kEntries);
  EXPECT_LT(mistaken, kEntries / 50);
  EXPECT_LT(filter.bytes(), kEntries * 12);
}

TEST(Filter, AnotherAccountHasAnotherEntry) {
  Filter filter;
  filter.add(entry(1));
  EXPECT_TRUE(filter.may_contain(entry(1)));
  EXPECT_FALSE(filter.may_contain(entry(1, AccountId{2})));
  EXPECT_FALSE(filter.may_contain(entry(1, AccountId{0})));
}

TEST(Filter, ASecondTimeAddsNothing) {
  Filter filter;
  filter.add(entry(1));
  filter.add(entry(1));
  EXPECT_EQ(filter.entries(), 1U);
}

}  // namespace
}  // namespace postrider::suppression
