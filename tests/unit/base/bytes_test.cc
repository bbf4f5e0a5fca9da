#include "base/bytes.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace postrider {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(Bytes, IntegersAreBigEndian) {
  std::string out;
  put_u64(out, 0x0102030405060708);
  put_u32(out, 0xF1F2F3F4);
  EXPECT_EQ(out, "\x01\x02\x03\x04\x05\x06\x07\x08\xF1\xF2\xF3\xF4");
  Reader reader(out);
  EXPECT_EQ(reader.u64(), 0x0102030405060708U);
  EXPECT_EQ(reader.u32(), 0xF1F2F3F4U);
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST(Bytes, KeysSortAsTheirNumbers) {
  const auto key = [](std::uint64_t value) {
    std::string out;
    put_u64(out, value);
    return out;
  };
  EXPECT_LT(key(255), key(256));
  EXPECT_LT(key(1), key(kMax));
}

TEST(Bytes, VarintsComeBack) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                                    std::uint64_t{300}, std::uint64_t{1} << 63, kMax}) {
    std::string out;
    put_varint(out, value);
    Reader reader(out);
    EXPECT_EQ(reader.varint(), value);
    EXPECT_TRUE(reader.ok() && reader.at_end());
  }
}

TEST(Bytes, VarintIsLeb128) {
  std::string out;
  put_varint(out, 300);
  EXPECT_EQ(out, "\xAC\x02");
}

TEST(Reader, VarintsOfMoreThan64BitsAreRefused) {
  for (const std::string& text : {std::string(9, '\xFF') + "\x02", std::string(10, '\x80') + "\x01",
                                  std::string(9, '\xFF') + "\x7F"}) {
    Reader reader(text);
    EXPECT_EQ(reader.varint(), 0U);
    EXPECT_FALSE(reader.ok());
  }
}

TEST(Reader, EveryCutInputFailsAndStaysFailed) {
  std::string whole;
  put_u32(whole, 7);
  put_varint(whole, 300);
  put_bytes(whole, "hello");
  put_u64(whole, 9);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Reader reader(std::string_view(whole).substr(0, size));
    reader.u32();
    reader.varint();
    reader.bytes();
    EXPECT_EQ(reader.u64(), 0U);
    EXPECT_FALSE(reader.ok()) << size;
    EXPECT_EQ(reader.u8(), 0U);
    EXPECT_EQ(reader.bytes(), "");
    EXPECT_EQ(reader.rest(), "");
  }
}

TEST(Reader, ALengthBeyondTheInputIsRefused) {
  std::string out;
  put_varint(out, kMax);
  out += "abc";
  Reader reader(out);
  EXPECT_EQ(reader.bytes(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, BytesAreViewsIntoTheInput) {
  std::string out;
  put_bytes(out, "a\0b"s);
  put_bytes(out, "");
  Reader reader(out);
  const std::string_view found = reader.bytes();
  EXPECT_EQ(found, "a\0b"s);
  EXPECT_EQ(found.data(), out.data() + 1);
  EXPECT_EQ(reader.bytes(), "");
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST(Record, OpensAsItWasSealed) {
  const std::string record = seal_record(3, "payload");
  EXPECT_EQ(record.size(), 1U + 7 + 4);
  const OpenedRecord opened = open_record(record);
  EXPECT_TRUE(opened.intact);
  EXPECT_EQ(opened.version, 3);
  EXPECT_EQ(opened.payload, "payload");
  EXPECT_TRUE(open_record(seal_record(1, "")).intact);
}

// The sum is on disks: another algorithm would make every record there unreadable.
TEST(Record, ChecksumStaysTheSameForEver) {
  EXPECT_EQ(checksum("postrider"), 994201160U);
}

TEST(Record, EveryFlippedBitIsSeen) {
  const std::string record = seal_record(3, "payload");
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string damaged = record;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(open_record(damaged).intact) << bit;
  }
}

TEST(Record, EveryCutIsSeen) {
  const std::string record = seal_record(3, "payload");
  for (std::size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(open_record(std::string_view(record).substr(0, size)).intact) << size;
  }
}

}  // namespace
}  // namespace postrider
