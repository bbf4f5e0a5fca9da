#include "base/ids.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <thread>
#include <unordered_set>
#include <vector>

namespace postrider {
namespace {

constexpr Time kNow{std::chrono::milliseconds(1795499532345)};

TEST(ParseId, TakesDecimalDigitsInRange) {
  EXPECT_EQ(parse_id<MessageId>("73061140480256")->value, 73061140480256U);
  EXPECT_EQ(parse_id<MessageId>("1")->value, 1U);
  EXPECT_EQ(parse_id<MessageId>("9007199254740991")->value, kIdLimit - 1);
}

TEST(ParseId, RefusesAllElse) {
  for (const std::string_view text : {"", "0", "9007199254740992", "99999999999999999999", "-1",
                                      "+1", " 1", "1 ", "0x1", "1.0", "abc", "1\n"}) {
    const auto id = parse_id<MessageId>(text);
    ASSERT_FALSE(id) << text;
    EXPECT_EQ(id.error().code(), Errc::invalid);
  }
  EXPECT_EQ(parse_id<MessageId>("1\r\n2").error().text(), "'1??2' is not an id");
}

TEST(Ids, ComeBackFromTheirText) {
  const RecipientId id{73061140480256};
  EXPECT_EQ(*parse_id<RecipientId>(to_string(id)), id);
  EXPECT_TRUE(id.exists());
  EXPECT_FALSE(RecipientId{}.exists());
}

TEST(IdSource, IdsAreBelowTheLimitAndCarryTheirPartition) {
  IdSource source(17, 0);
  const MessageId id = source.reserve(kNow, 3);
  EXPECT_LT(id.value, kIdLimit);
  for (std::uint32_t index = 0; index < 3; ++index) {
    EXPECT_EQ(partition_of(recipient_of(id, index)), 17U);
  }
  EXPECT_EQ(recipient_of(id, 0).value, id.value);
  EXPECT_EQ(recipient_of(id, 2).value, id.value + 2 * kIdStep);
}

TEST(IdSource, FitsUntil2057) {
  IdSource source(255, 0);
  EXPECT_LT(source.reserve(std::chrono::sys_days(std::chrono::year(2057) / 12 / 31), 1).value,
            kIdLimit);
}

TEST(IdSource, IdsTellTheirTime) {
  IdSource source(255, 0);
  EXPECT_EQ(time_of(recipient_of(source.reserve(kNow, 1), 0)),
            std::chrono::floor<std::chrono::seconds>(kNow));
}

TEST(IdSource, ReservationsDoNotOverlap) {
  IdSource source(0, 0);
  const MessageId first = source.reserve(kNow, 1000);
  const MessageId second = source.reserve(kNow, 1);
  EXPECT_EQ(second.value, first.value + 1000 * kIdStep);
}

TEST(IdSource, NeverGoesBackWithTheClock) {
  IdSource source(0, 0);
  const MessageId first = source.reserve(kNow, 1);
  EXPECT_GT(source.reserve(kNow - std::chrono::hours(1), 1), first);
  EXPECT_GT(IdSource(0, 0).reserve(Time(), 1).value, 0U) << "a clock before the epoch";
}

TEST(IdSource, StartsAboveTheHighestKnownId) {
  IdSource before(3, 0);
  const MessageId last = before.reserve(kNow, 100'000);
  const RecipientId highest = recipient_of(last, 99'999);
  IdSource after(3, highest.value);
  EXPECT_GT(after.reserve(kNow, 1).value, highest.value);
  IdSource other_partition(0, highest.value);
  EXPECT_GT(other_partition.reserve(kNow, 1).value, highest.value);
}

TEST(IdSource, ThreadsGetDifferentIds) {
  constexpr std::size_t kEach = 5000;
  IdSource source(0, 0);
  std::vector<std::vector<MessageId>> got(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : got) {
      threads.emplace_back([&source, &mine] {
        for (std::size_t i = 0; i < kEach; ++i) {
          mine.push_back(source.reserve(kNow, 2));
        }
      });
    }
  }
  std::unordered_set<MessageId> all;
  for (const auto& mine : got) {
    EXPECT_TRUE(std::ranges::is_sorted(mine));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 4 * kEach);
}

}  // namespace
}  // namespace postrider
