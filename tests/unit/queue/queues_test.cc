#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "queue/ready_queue.h"
#include "queue/scheduled_queue.h"

namespace postrider::queue {
namespace {

using std::chrono::milliseconds;

Waiting waiting(std::uint32_t index, int due_ms = 0) {
  Waiting one;
  one.index = index;
  one.due = Time(milliseconds(due_ms));
  return one;
}

TEST(ScheduledQueue, GivesTheEarliestFirst) {
  std::vector<int> dues(1000);
  std::mt19937 random(7);
  std::ranges::generate(dues, [&] { return static_cast<int>(random() % 500); });
  ScheduledQueue queue;
  for (std::size_t i = 0; i < dues.size(); ++i) {
    queue.add(waiting(static_cast<std::uint32_t>(i), dues[i]));
  }
  EXPECT_EQ(queue.size(), 1000U);
  std::vector<int> taken;
  while (const auto one = queue.take_due(Time(milliseconds(500)))) {
    EXPECT_EQ(one->due, Time(milliseconds(dues[one->index])));
    taken.push_back(static_cast<int>(one->due.time_since_epoch().count()));
  }
  std::ranges::sort(dues);
  EXPECT_EQ(taken, dues);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(ScheduledQueue, GivesNothingBeforeItIsDue) {
  ScheduledQueue queue;
  EXPECT_EQ(queue.next_due(), std::nullopt);
  EXPECT_FALSE(queue.take_due(Time::max()));
  queue.add(waiting(1, 20));
  queue.add(waiting(2, 10));
  EXPECT_EQ(queue.next_due(), Time(milliseconds(10)));
  EXPECT_FALSE(queue.take_due(Time(milliseconds(9))));
  EXPECT_EQ(queue.take_due(Time(milliseconds(10)))->index, 2U);
  EXPECT_FALSE(queue.take_due(Time(milliseconds(19))));
  EXPECT_EQ(queue.next_due(), Time(milliseconds(20)));
}

TEST(ScheduledQueue, CanBeLookedThroughAndEmptied) {
  ScheduledQueue queue;
  for (std::uint32_t i = 0; i < 10; ++i) {
    queue.add(waiting(i, 100 - static_cast<int>(i)));
  }
  std::uint32_t sum = 0;
  queue.for_each([&](const Waiting& one) { sum += one.index; });
  EXPECT_EQ(sum, 45U);
  EXPECT_EQ(queue.take_all().size(), 10U);
  EXPECT_EQ(queue.size(), 0U);
  queue.add(waiting(3, 1));
  EXPECT_EQ(queue.take_due(Time(milliseconds(1)))->index, 3U);
}

TEST(ReadyQueue, FirstComeFirstServed) {
  ReadyQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.take());
  for (std::uint32_t i = 0; i < 3; ++i) {
    queue.add(waiting(i));
  }
  const auto first = queue.take();
  EXPECT_EQ(first->index, 0U);
  queue.put_back(*first);
  EXPECT_EQ(queue.size(), 3U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(queue.take()->index, i);
  }
  queue.add(waiting(7));
  EXPECT_EQ(queue.take_all().size(), 1U);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace postrider::queue
