#include "suppression/change.h"

#include <gtest/gtest.h>

namespace postrider::suppression {
namespace {

const Time kNow{std::chrono::milliseconds(1'800'000'000'123)};
constexpr AccountId kShop{7};
const Secret kSecret{1, 2, 3};

Change change() {
  Change made;
  made.reason = Reason::unsubscribe;
  made.scope = "bulk";
  made.source = RecipientId{7'306'114'048};
  made.time = kNow;
  made.expires = kNow + std::chrono::hours(1);
  made.address = "Ann@example.net";
  made.note = "by link";
  return made;
}

TEST(Change, IsReadAsItWasWritten) {
  const std::string key = change_key(kShop, {}, kNow, 5);
  EXPECT_EQ(*decode_change(key, encode(change())), change());
  Change plain;
  plain.time = kNow;
  EXPECT_EQ(*decode_change(key, encode(plain)), plain);
}

TEST(Change, EveryDamagedByteIsSeen) {
  const std::string key = change_key(kShop, {}, kNow, 5);
  const std::string record = encode(change());
  for (std::size_t i = 0; i < record.size(); ++i) {
    std::string damaged = record;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    EXPECT_FALSE(decode_change(key, damaged)) << i;
  }
}

TEST(Change, AReasonHasOneName) {
  for (const char* name : {"hard_bounce", "complaint", "unsubscribe", "manual", "repeated_soft"}) {
    ASSERT_TRUE(parse_reason(name));
    EXPECT_EQ(to_string(*parse_reason(name)), name);
  }
  EXPECT_FALSE(parse_reason("any"));
  EXPECT_FALSE(parse_reason(""));
}

TEST(AddressHash, OneMailboxHasOneHashAndEachSecretItsOwn) {
  const mail::Address ann{.local = "Ann", .domain = "example.net"};
  EXPECT_EQ(hash_of(ann, kSecret), hash_of({.local = "ann", .domain = "example.net"}, kSecret));
  EXPECT_NE(hash_of(ann, kSecret), hash_of({.local = "bob", .domain = "example.net"}, kSecret));
  EXPECT_NE(hash_of(ann, kSecret), hash_of(ann, Secret{9}));
}

TEST(RowKey, ChangesOfAnAddressLieTogetherInTheOrderOfTheirTimes) {
  const AddressHash hash = hash_of({.local = "ann", .domain = "example.net"}, kSecret);
  const std::string first = change_key(kShop, hash, kNow, 9);
  const std::string second = change_key(kShop, hash, kNow + Duration(1), 2);
  EXPECT_LT(soft_row_key(kShop, hash), first_change_key(kShop, hash));
  EXPECT_LT(first_change_key(kShop, hash), first);
  EXPECT_LT(first, second);
  EXPECT_LT(second, behind(kShop, hash));
  const Result<RowKey> parsed = parse_row_key(second);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->account, kShop);
  EXPECT_EQ(parsed->hash, hash);
  EXPECT_TRUE(parsed->is_change);
  EXPECT_FALSE(parse_row_key(soft_row_key(kShop, hash))->is_change);
  EXPECT_FALSE(parse_row_key("short"));
}

}  // namespace
}  // namespace postrider::suppression
