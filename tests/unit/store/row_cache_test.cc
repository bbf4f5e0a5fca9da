#include "store/row_cache.h"

#include <gtest/gtest.h>
#include <string>

namespace postrider::store {
namespace {

TEST(RowCache, KeepsWhatIsUsedAndLetsTheRestGo) {
  RowCache<int> cache(4);
  cache.keep("hot", 1);
  for (int i = 0; i < 100; ++i) {
    cache.keep("once" + std::to_string(i), i);
    ASSERT_NE(cache.find("hot"), nullptr) << i;
    ASSERT_LE(cache.size(), 4U);
  }
  EXPECT_EQ(*cache.find("hot"), 1);
  EXPECT_EQ(*cache.find("once99"), 99);
  EXPECT_EQ(cache.find("once0"), nullptr);
}

TEST(RowCache, WhereAllAreUsedSomeGoAllTheSame) {
  RowCache<int> cache(8);
  for (int i = 0; i < 100; ++i) {
    cache.keep(std::to_string(i), i);
    for (int k = 0; k <= i; ++k) {
      const int* found = cache.find(std::to_string(k));
      ASSERT_TRUE(found == nullptr || *found == k);
    }
    ASSERT_LE(cache.size(), 8U);
    ASSERT_NE(cache.find(std::to_string(i)), nullptr);
  }
}

TEST(RowCache, WhatIsFoundMayBeChanged) {
  RowCache<int> cache(4);
  cache.keep("a", 1) = 2;
  *cache.find("a") += 1;
  cache.keep("b", 0);
  cache.keep("c", 0);
  EXPECT_EQ(*cache.find("a"), 3);
}

TEST(RowCache, ClearedItKnowsNothing) {
  RowCache<int> cache(2);
  cache.keep("a", 1);
  cache.keep("b", 1);
  cache.clear();
  EXPECT_EQ(cache.find("a"), nullptr);
  EXPECT_EQ(cache.find("b"), nullptr);
}

}  // namespace
}  // namespace postrider::store
