#include "store/rocks_crc32c.h"

#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#if defined(__x86_64__) && !defined(POSTRIDER_SHARED_ROCKSDB)
namespace rocksdb::crc32c {
std::uint32_t Extend(std::uint32_t crc, const char* data, std::size_t size);
}
#endif

namespace postrider::store {
namespace {

std::string counting(std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text.push_back(static_cast<char>(i * 7 + i / 256));
  }
  return text;
}

TEST(RocksCrc32c, ComputesTheExamplesOfRfc3720) {
  std::string rising;
  for (char c = 0; c < 32; ++c) {
    rising.push_back(c);
  }
  const struct {
    std::string bytes;
    std::uint32_t crc;
  } rows[] = {
      {"", 0},
      {"123456789", 0xe3069283},
      {std::string(32, '\0'), 0x8a9136aa},
      {std::string(32, '\xff'), 0x62a8ab43},
      {rising, 0x46dd794e},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(extend_crc32c(0, row.bytes), row.crc) << row.bytes.size();
    EXPECT_EQ(extend_crc32c_by_table(0, row.bytes), row.crc) << row.bytes.size();
  }
}

TEST(RocksCrc32c, IsTheSameByInstructionByTableAndInPieces) {
  const std::string text = counting(300);
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t size = 0; from + size <= text.size(); ++size) {
      const auto bytes = std::string_view(text).substr(from, size);
      const std::uint32_t whole = extend_crc32c_by_table(0, bytes);
      ASSERT_EQ(extend_crc32c(0, bytes), whole) << from << "+" << size;
      const std::size_t cut = size / 3;
      const std::uint32_t first = extend_crc32c(0, bytes.substr(0, cut));
      ASSERT_EQ(extend_crc32c(first, bytes.substr(cut)), whole) << from << "+" << size;
    }
  }
}

TEST(RocksCrc32c, CombinesTheChecksumsOfTwoPieces) {
  const std::string text = counting(70'000);
  for (const std::size_t cut : {0UL, 1UL, 7UL, 4096UL, 65'537UL, text.size()}) {
    const auto b = std::string_view(text).substr(cut);
    EXPECT_EQ(combine_crc32c(extend_crc32c(0, std::string_view(text).substr(0, cut)),
                             extend_crc32c(0, b), b.size()),
              extend_crc32c(0, text))
        << cut;
  }
}

TEST(RocksCrc32c, IsWhatRocksDbUsesWhereItIsLinkedIn) {
#if defined(__x86_64__) && !defined(POSTRIDER_SHARED_ROCKSDB)
  EXPECT_TRUE(replaces_rocksdb_crc32c());
  EXPECT_EQ(rocksdb::crc32c::Extend(0, "123456789", 9), 0xe3069283);
#else
  EXPECT_FALSE(replaces_rocksdb_crc32c());
#endif
}

}  // namespace
}  // namespace postrider::store
