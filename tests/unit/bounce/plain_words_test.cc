#include "bounce/plain_words.h"

#include <gtest/gtest.h>

namespace postrider::bounce {
namespace {

std::string plain(std::string_view normal) {
  std::string out = "before";
  return plain_words(normal, out) ? out : std::string(normal) + " (the same)";
}

TEST(PlainWords, SpellContractionsOut) {
  EXPECT_EQ(plain("recipient @ isn't valid"), "recipient @ is not valid");
  EXPECT_EQ(plain("we can't, won't and don't."), "we cannot, will not and do not.");
}

TEST(PlainWords, AreTheOnesThatRulesAreWrittenIn) {
  EXPECT_EQ(plain("postbox of the customer: brimming!"), "mailbox of the recipient: full!");
  EXPECT_EQ(plain("declined, unwelcome"), "rejected, not accepted");
}

TEST(PlainWords, AreWhole) {
  EXPECT_EQ(plain("sandbox in-boxes"), "sandbox in-boxes (the same)");
  EXPECT_EQ(plain("n't"), "n't (the same)");
}

TEST(PlainWords, OfNothingAreNothing) {
  EXPECT_EQ(plain(""), " (the same)");
  EXPECT_EQ(plain("550 \xe9\x82\xae?"), "550 \xe9\x82\xae? (the same)");
}

}  // namespace
}  // namespace postrider::bounce
