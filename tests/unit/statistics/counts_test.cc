#include "statistics/counts.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace postrider::statistics {
namespace {

Counts counts_of(std::initializer_list<Counts::Count> all) {
  Counts counts;
  for (const Counts::Count& one : all) {
    counts.add(one.tag, one.number);
  }
  return counts;
}

TEST(Counts, AreReadBackAsTheyWereWritten) {
  for (const Counts& counts :
       {Counts(), counts_of({{0, 1}}), counts_of({{7, 300}, {2, 1}, {1592, ~std::uint64_t{0}}}),
        counts_of({{~std::uint32_t{0}, 5}})}) {
    const Result<Counts> read = Counts::decode(counts.encode());
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, counts);
  }
}

TEST(Counts, AddUpInAnyOrderAndGrouping) {
  const Counts a = counts_of({{1, 1}, {3, 4}});
  const Counts b = counts_of({{2, 5}, {3, 1}});
  const Counts c = counts_of({{1, 2}, {9, 9}});
  Counts left = a;
  left.add(b);
  left.add(c);
  Counts right = c;
  right.add(b);
  Counts grouped = right;
  grouped.add(a);
  EXPECT_EQ(left, grouped);
  EXPECT_EQ(left, counts_of({{1, 3}, {2, 5}, {3, 5}, {9, 9}}));
  EXPECT_EQ(left.get(3), 5U);
  EXPECT_EQ(left.get(4), 0U);
}

TEST(Counts, ZeroIsNothing) {
  EXPECT_TRUE(counts_of({{5, 0}}).empty());
}

TEST(Counts, DamageIsNoticed) {
  const std::string whole = counts_of({{1, 300}, {2, 4}}).encode();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    EXPECT_FALSE(Counts::decode(damaged)) << i;
    EXPECT_FALSE(Counts::decode(whole.substr(0, i))) << i;
  }
}

TEST(Counts, TagsOutOfOrderOrBeyondTheirRangeAreCorrupt) {
  std::string repeated;
  for (const std::uint64_t one : {3U, 1U, 0U, 1U}) {
    put_varint(repeated, one);
  }
  EXPECT_FALSE(Counts::decode(seal_record(1, repeated)));
  std::string beyond;
  put_varint(beyond, std::uint64_t{1} << 32);
  put_varint(beyond, 1);
  EXPECT_FALSE(Counts::decode(seal_record(1, beyond)));
  EXPECT_FALSE(Counts::decode(seal_record(2, {})));
}

}  // namespace
}  // namespace postrider::statistics
