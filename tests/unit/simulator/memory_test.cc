// Counting and keeping within bounds.
#include "simulator/memory.h"

#include <gtest/gtest.h>

namespace postrider::simulator {
namespace {

using namespace std::chrono_literals;

const Time kStart{};

Taken with_content(std::string content) {
  Taken taken;
  taken.content = std::move(content);
  return taken;
}

TEST(Memory, CountsEachAddressForItselfAndWithoutRegardToCase) {
  Memory memory({});
  EXPECT_EQ(memory.count("greylisted@simulator.test"), 0U);
  EXPECT_EQ(memory.count("Greylisted@Simulator.test"), 1U);
  EXPECT_EQ(memory.count("greylisted+2@simulator.test"), 0U);
}

TEST(Memory, ForgetsTheAddressThatWasNotSeenForLongest) {
  Memory memory({.addresses = 2});
  memory.count("a");
  memory.count("b");
  memory.count("a");
  memory.count("c");
  EXPECT_EQ(memory.count("a"), 2U);
  EXPECT_EQ(memory.count("b"), 0U);
}

TEST(Memory, AdmitsTheLimitAndMoreWhenTheWindowHasPassed) {
  Memory memory({});
  for (std::uint32_t i = 0; i < kRateLimit; ++i) {
    EXPECT_TRUE(memory.admit("a", kStart + i * 1s));
  }
  EXPECT_FALSE(memory.admit("a", kStart + kRateWindow - 1ms));
  EXPECT_TRUE(memory.admit("b", kStart + kRateWindow - 1ms));
  EXPECT_TRUE(memory.admit("a", kStart + kRateWindow));
  EXPECT_FALSE(memory.admit("a", kStart + kRateWindow));
}

TEST(Memory, KeepsTheLastMessages) {
  Memory memory({.messages = 2});
  for (const char* content : {"one", "two", "three"}) {
    memory.keep(with_content(content));
  }
  ASSERT_EQ(memory.taken().size(), 2U);
  EXPECT_EQ(memory.taken().front()->content, "two");
  EXPECT_EQ(memory.taken().back()->number, 3U);
  EXPECT_EQ(memory.taken_in_all(), 3U);
}

TEST(Memory, KeepsNoMoreBytesThanAllowedButAlwaysTheLastMessage) {
  Memory memory({.message_bytes = 100});
  for (const std::size_t size : {60U, 40U, 30U, 500U}) {
    memory.keep(with_content(std::string(size, 'x')));
    std::size_t bytes = 0;
    for (const auto& taken : memory.taken()) {
      bytes += taken->content.size();
    }
    EXPECT_LE(bytes, std::max<std::size_t>(100, size));
    EXPECT_EQ(memory.taken().back()->content.size(), size);
  }
  EXPECT_EQ(memory.taken().size(), 1U);
}

}  // namespace
}  // namespace postrider::simulator
