#include "track/token.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <sodium.h>
#include <string>
#include <vector>

#include "base/text.h"
#include "rewriting.h"

namespace postrider::track {
namespace {

std::string text_of(const TokenText& token) {
  return {token.data(), token.size()};
}

TEST(TrackingToken, NamesMessageRecipientAndLink) {
  const TokenKeys known = keys();
  for (const std::uint64_t message : {std::uint64_t{1}, kMessage.value, kIdLimit - 1}) {
    for (const std::uint32_t recipient : {0U, 1U, kTokenRecipientsMax - 1}) {
      const std::string token = text_of(known.maker(AccountId{0xFFFFFFFF}, MessageId{message})
                                            .make(recipient, TokenKind::click, 8191));
      EXPECT_LE(token.size(), 40U);
      const auto read = known.read(token, TokenKind::click);
      ASSERT_TRUE(read);
      EXPECT_EQ(*read, (TokenContent{.account = AccountId{0xFFFFFFFF},
                                     .message = MessageId{message},
                                     .recipient = recipient,
                                     .kind = TokenKind::click,
                                     .link = 8191}));
    }
  }
}

// What has been sent out must be understood for two years.
TEST(TrackingToken, StaysTheSameForEver) {
  EXPECT_EQ(text_of(keys().maker(kAccount, kMessage).make(2, TokenKind::click, 5)),
            "AwAAAAcAQnLfU0EAAAACIAV-SEUYyhilLsP6mGk");
}

TEST(TrackingToken, WithAnyBitFlippedIsRefused) {
  const TokenKeys known = keys();
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const std::string token =
        text_of(known.maker(kAccount, MessageId{kMessage.value + i * kIdStep})
                    .make(i, TokenKind::click, static_cast<std::uint16_t>(i)));
    ASSERT_TRUE(known.read(token, TokenKind::click, kAccount));
    for (std::size_t bit = 0; bit < token.size() * 8; ++bit) {
      std::string flipped = token;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      for (const TokenKind kind :
           {TokenKind::open, TokenKind::click, TokenKind::app_click, TokenKind::unsubscribe}) {
        ASSERT_FALSE(known.read(flipped, kind)) << token << " " << flipped;
      }
    }
  }
}

TEST(TrackingToken, OfAnotherKindOrAccountIsRefused) {
  const TokenKeys known = keys();
  const std::string token = text_of(known.maker(kAccount, kMessage).make(0, TokenKind::open, 0));
  EXPECT_TRUE(known.read(token, TokenKind::open, kAccount));
  EXPECT_FALSE(known.read(token, TokenKind::click, kAccount));
  EXPECT_FALSE(known.read(token, TokenKind::app_click, kAccount));
  EXPECT_FALSE(known.read(token, TokenKind::open, AccountId{8}));
}

TEST(TrackingToken, PutTogetherOfTwoGenuineOnesIsRefused) {
  const TokenKeys known = keys();
  constexpr std::array kKinds{TokenKind::open, TokenKind::click, TokenKind::app_click,
                              TokenKind::unsubscribe};
  std::vector<std::string> genuine;
  for (const AccountId account : {kAccount, AccountId{8}}) {
    for (const TokenKind kind : kKinds) {
      const auto maker = known.maker(account, MessageId{kMessage.value + account.value * kIdStep});
      genuine.push_back(
          text_of(maker.make(static_cast<std::uint32_t>(account.value) + 1, kind, 3)));
    }
  }
  for (const std::string& front : genuine) {
    for (const std::string& back : genuine) {
      for (std::size_t cut = 1; cut < front.size(); ++cut) {
        const std::string mixed = front.substr(0, cut) + back.substr(cut);
        for (const TokenKind kind : kKinds) {
          const bool is_genuine = std::ranges::count(genuine, mixed) > 0;
          ASSERT_TRUE(is_genuine || !known.read(mixed, kind)) << front << " " << back << " " << cut;
        }
      }
    }
  }
}

TEST(TrackingToken, ThatIsCutLongerOrInAnotherCaseIsRefused) {
  const TokenKeys known = keys();
  const std::string token = text_of(known.maker(kAccount, kMessage).make(0, TokenKind::open, 0));
  for (std::size_t size = 0; size < token.size(); ++size) {
    EXPECT_FALSE(known.read(token.substr(0, size), TokenKind::open));
  }
  EXPECT_FALSE(known.read(token + "A", TokenKind::open));
  EXPECT_FALSE(known.read(lower(token), TokenKind::open));
}

TEST(TrackingToken, OfAnOldKeyIsReadAndOfAForeignOneRefused) {
  const TokenKeys old = keys();
  const std::string token = text_of(old.maker(kAccount, kMessage).make(0, TokenKind::open, 0));
  const auto rotated = TokenKeys::create({{.id = 4, .key = {9}}, {.id = 3, .key = {1, 2, 3}}});
  ASSERT_TRUE(rotated);
  EXPECT_TRUE(rotated->read(token, TokenKind::open));
  const std::string newer = text_of(rotated->maker(kAccount, kMessage).make(0, TokenKind::open, 0));
  EXPECT_TRUE(rotated->read(newer, TokenKind::open));
  EXPECT_FALSE(old.read(newer, TokenKind::open)) << "key 4 is unknown there";
  const auto foreign = TokenKeys::create({{.id = 3, .key = {1, 2, 4}}});
  ASSERT_TRUE(foreign);
  EXPECT_FALSE(foreign->read(token, TokenKind::open));
}

TEST(TrackingToken, NeverEndsInWhatCouldEndAComment) {
  const TokenKeys known = keys();
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const char last = text_of(known.maker(kAccount, kMessage).make(i, TokenKind::click, 0)).back();
    ASSERT_TRUE(is_alpha(last) || is_digit(last)) << last;
  }
}

TEST(TrackingKeys, NeedOneAndEachItsOwnId) {
  EXPECT_FALSE(TokenKeys::create({}));
  EXPECT_FALSE(TokenKeys::create({{.id = 1, .key = {}}, {.id = 1, .key = {1}}}));
}

}  // namespace
}  // namespace postrider::track
