// Counting recipients in little memory.
#include "load/counter.h"

#include <gtest/gtest.h>

namespace postrider::load {
namespace {

TEST(Counter, SaysHowManyCameBefore) {
  Counter counter;
  EXPECT_EQ(counter.count({.run = 1, .number = 5}), 0U);
  EXPECT_EQ(counter.count({.run = 1, .number = 5}), 1U);
  EXPECT_EQ(counter.count({.run = 1, .number = 6}), 0U);
  EXPECT_EQ(counter.count({.run = 2, .number = 5}), 0U);
  EXPECT_EQ(counter.seen({.run = 1, .number = 5}), 2U);
  EXPECT_EQ(counter.seen({.run = 1, .number = 7}), 0U);
  EXPECT_EQ(counter.seen({.run = 3, .number = 5}), 0U);
}

TEST(Counter, KeepsTheFiguresOfEachRun) {
  Counter counter;
  counter.count({.run = 7, .number = 1});
  counter.count({.run = 7, .number = 1});
  counter.count({.run = 3, .number = 1'000'000'000});
  const auto runs = counter.runs();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].run, 3U);
  EXPECT_EQ(runs[1].recipients, 1U);
  EXPECT_EQ(runs[1].copies, 1U);
}

TEST(Counter, CopiesBeyondAByteAreStillCopies) {
  Counter counter;
  for (int i = 0; i < 300; ++i) {
    counter.count({.run = 1, .number = 5});
  }
  EXPECT_EQ(counter.seen({.run = 1, .number = 5}), 255U);
  EXPECT_EQ(counter.runs().front().recipients, 1U);
  EXPECT_EQ(counter.runs().front().copies, 299U);
}

TEST(Counter, HasARoofOverItsMemory) {
  Counter counter(2);
  EXPECT_TRUE(counter.count({.run = 1, .number = 0}));
  EXPECT_TRUE(counter.count({.run = 2, .number = 0}));
  EXPECT_FALSE(counter.count({.run = 3, .number = 0}));
  EXPECT_FALSE(counter.count({.run = 1, .number = kMostNumbers - 1}));
  EXPECT_TRUE(counter.count({.run = 1, .number = 1}));
  EXPECT_EQ(counter.runs().size(), 2U);
}

}  // namespace
}  // namespace postrider::load
