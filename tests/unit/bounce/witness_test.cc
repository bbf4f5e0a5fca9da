#include "bounce/witness.h"

#include <gtest/gtest.h>

namespace postrider::bounce {
namespace {

TEST(CodeIn, IsFoundWhereRepliesBegin) {
  EXPECT_EQ(code_in("550 no such user"), 550);
  EXPECT_EQ(code_in("550-5.1.1 no such user"), 550);
  EXPECT_EQ(code_in("host mx.example.com[192.0.2.1] said: 451 4.3.0 later"), 451);
  EXPECT_EQ(code_in("it responded as follows: [550 5.1.1 User unknown]"), 550);
  EXPECT_EQ(code_in("remote said 554 5.7.1 no"), 554);
}

TEST(CodeIn, IsNoNumberAmongWords) {
  EXPECT_EQ(code_in("limited to 450 messages"), 0);
  EXPECT_EQ(code_in("5501 no"), 0);
  EXPECT_EQ(code_in("250 ok"), 0);
  EXPECT_EQ(code_in("192.0.2.550"), 0);
  EXPECT_EQ(code_in(""), 0);
  EXPECT_EQ(code_in("55"), 0);
}

TEST(EnhancedIn, IsTheFirstThatSaysMore) {
  EXPECT_EQ(enhanced_in("5.1.0 - Unknown address error 550-'5.2.2 full'"), "5.2.2");
  EXPECT_EQ(enhanced_in("no mailbox here (#5.1.1 - chkusr)"), "5.1.1");
  EXPECT_EQ(enhanced_in("550 5.0.0 no"), "5.0.0");
  EXPECT_EQ(enhanced_in("550 5.7.606 banned"), "5.7.606");
}

TEST(EnhancedIn, IsNoAddressAndNoVersion) {
  EXPECT_EQ(enhanced_in("from 5.1.1.20"), "");
  EXPECT_EQ(enhanced_in("1.5.1.1"), "");
  EXPECT_EQ(enhanced_in("v5.1.1"), "");
  EXPECT_EQ(enhanced_in("2.0.0 ok"), "");
  EXPECT_EQ(enhanced_in("5.1"), "");
  EXPECT_EQ(enhanced_in("5.1.1234"), "");
}

TEST(PhaseIn, IsWhatTheReporterSays) {
  EXPECT_EQ(phase_in("no (in reply to rcpt to command)"), Phase::rcpt);
  EXPECT_EQ(phase_in("host a refused to talk to me: 554 no"), Phase::connect);
  EXPECT_EQ(phase_in("no"), std::nullopt);
}

TEST(WordsOfServer, AreWhatStandsBehindTheReporter) {
  EXPECT_EQ(words_of_server("host a[192.0.2.1] said: 550 5.1.1 no"), "550 5.1.1 no");
  EXPECT_EQ(words_of_server("550 no, he said: 551"), "550 no, he said: 551");
  EXPECT_EQ(words_of_server("connection timed out"), "connection timed out");
  EXPECT_EQ(words_of_server("error: 550 no"), "error: 550 no");
}

}  // namespace
}  // namespace postrider::bounce
