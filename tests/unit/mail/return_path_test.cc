#include "mail/return_path.h"

#include <gtest/gtest.h>
#include <set>

namespace postrider::mail {
namespace {

constexpr TokenKey kKey{1, 2, 3};
constexpr TokenKey kOtherKey{1, 2, 4};
constexpr RecipientId kRecipient{73061140480256};

std::string upper(std::string text) {
  for (char& c : text) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  return text;
}

TEST(Token, NamesItsRecipient) {
  for (const std::uint64_t value : {std::uint64_t{1}, kRecipient.value, kIdLimit - 1}) {
    const std::string token = make_token(kKey, RecipientId{value});
    EXPECT_EQ(token.size(), 28U);
    EXPECT_EQ(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
    EXPECT_EQ(read_token(kKey, token), RecipientId{value});
  }
}

// What has been sent out must be understood for as long as bounces come back.
TEST(Token, StaysTheSameForEver) {
  EXPECT_EQ(make_token(kKey, kRecipient), "aeaaaqts35jucacgfsdwqexhzf4a");
}

TEST(Token, OfAnotherVersionIsNotRead) {
  EXPECT_EQ(read_token(kKey, "aiaaaqts35jucagm635cjopepzma"), std::nullopt)
      << "version 2, rightly authenticated";
}

TEST(Token, LetterCaseDoesNotMatter) {
  EXPECT_EQ(read_token(kKey, upper(make_token(kKey, kRecipient))), kRecipient);
}

TEST(Token, OfAnotherKeyIsNotBelieved) {
  EXPECT_EQ(read_token(kKey, make_token(kOtherKey, kRecipient)), std::nullopt);
}

TEST(Token, EveryChangedLetterIsSeen) {
  const std::string token = make_token(kKey, kRecipient);
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyz234567018+=- \0", 40)) {
      std::string changed = token;
      changed[i] = c;
      if (changed != token) {
        EXPECT_EQ(read_token(kKey, changed), std::nullopt) << i << " " << c;
      }
    }
  }
}

TEST(Token, OfAnotherLengthIsNone) {
  const std::string token = make_token(kKey, kRecipient);
  EXPECT_EQ(read_token(kKey, ""), std::nullopt);
  EXPECT_EQ(read_token(kKey, token.substr(1)), std::nullopt);
  EXPECT_EQ(read_token(kKey, token.substr(0, 27)), std::nullopt);
  EXPECT_EQ(read_token(kKey, token + "a"), std::nullopt);
}

TEST(Token, NeighboursLookUnlike) {
  std::set<std::string> ends;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ends.insert(make_token(kKey, RecipientId{kRecipient.value + i * kIdStep}).substr(15));
  }
  EXPECT_EQ(ends.size(), 1000U);
}

}  // namespace
}  // namespace postrider::mail
