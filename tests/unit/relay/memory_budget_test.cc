#include "relay/memory_budget.h"

#include <gtest/gtest.h>

namespace postrider::relay {
namespace {

constexpr std::uint64_t kBudget = 1000;

bool has_room_at(std::uint64_t resident) {
  return MemoryBudget(kBudget, [resident] { return resident; }).has_room();
}

TEST(MemoryBudget, NineTenthsMayBeUsed) {
  EXPECT_TRUE(has_room_at(900));
  EXPECT_FALSE(has_room_at(901));
}

TEST(MemoryBudget, WhatIsAboutToBeUsedCounts) {
  const MemoryBudget budget(kBudget, [] { return std::uint64_t{500}; });
  {
    const auto claim = budget.claim(401);
    EXPECT_FALSE(budget.has_room());
  }
  EXPECT_TRUE(budget.has_room());
}

TEST(MemoryBudget, ConsumersHaveAPartOfTheirOwn) {
  EXPECT_EQ(kept_for_consumers(1 << 30), 48U << 20);
  EXPECT_EQ(kept_for_consumers(100 << 20), 25U << 20);
  EXPECT_EQ(kept_for_consumers(0), 0U);
}

TEST(MemoryBudget, NoneIsNoLimit) {
  EXPECT_TRUE(MemoryBudget(0, [] { return ~std::uint64_t{0}; }).has_room());
}

TEST(MemoryBudget, IsNotAskedForEachMessage) {
  int asked = 0;
  const MemoryBudget budget(kBudget, [&asked] {
    ++asked;
    return std::uint64_t{100};
  });
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(budget.has_room());
  }
  EXPECT_LT(asked, 500);
}

TEST(MemoryBudget, TheProcessHasSome) {
  EXPECT_GT(resident_bytes(), std::uint64_t{1} << 20);
}

}  // namespace
}  // namespace postrider::relay
