#include "delivery/judgement.h"

#include <gtest/gtest.h>

namespace postrider::delivery {
namespace {

using bounce::Category;
using bounce::Kind;

const bounce::Classifier& classifier() {
  static const bounce::Classifier shipped = bounce::Classifier::load().value();
  return shipped;
}

struct Row {
  const char* name;
  const char* enhanced;
  bool is_timeout;
  Kind kind;
  Category category;
};

class OwnWords : public testing::TestWithParam<Row> {};

TEST_P(OwnWords, HaveAKind) {
  const Row& row = GetParam();
  Attempt attempt;
  attempt.reply.enhanced = row.enhanced;
  attempt.is_timeout = row.is_timeout;
  const bounce::Verdict verdict = judge(attempt, classifier());
  EXPECT_EQ(verdict.kind, row.kind);
  EXPECT_EQ(verdict.category, row.category);
  EXPECT_EQ(verdict.suppress, row.kind == Kind::hard);
  EXPECT_EQ(verdict.rule, kOwnWords);
}

INSTANTIATE_TEST_SUITE_P(
    Codes, OwnWords,
    testing::Values(Row{"Refused", "4.4.1", false, Kind::soft, Category::connection_failed},
                    Row{"Silent", "4.4.1", true, Kind::soft, Category::timed_out},
                    Row{"BrokenOff", "4.4.2", false, Kind::soft, Category::connection_failed},
                    Row{"HeldByAPause", "4.7.1", false, Kind::block, Category::policy},
                    Row{"NoTls", "4.7.4", false, Kind::soft, Category::tls_failed},
                    Row{"NoTlsInTime", "4.7.5", true, Kind::soft, Category::tls_failed},
                    Row{"NoSuchDomain", "5.1.2", false, Kind::hard, Category::no_such_domain},
                    Row{"NullMx", "5.1.10", false, Kind::hard, Category::no_mail_host},
                    Row{"Loop", "5.4.6", false, Kind::block, Category::relay_denied},
                    Row{"TooBig", "5.3.4", false, Kind::block, Category::message_too_big},
                    Row{"Nameless", "4.9.9", false, Kind::unknown, Category::unclassified}),
    [](const auto& row) { return row.param.name; });

// The same words mean another address in answer to MAIL.
TEST(Judge, TheCommandThatWasAnsweredCounts) {
  Attempt attempt;
  attempt.reply = {.code = 550, .enhanced = "5.1.1", .text = "user unknown"};
  attempt.reply.stage = smtp::Stage::recipient;
  EXPECT_EQ(judge(attempt, classifier()).kind, Kind::hard);
  attempt.reply = {.code = 550, .enhanced = "5.7.1", .text = "Sender address rejected"};
  attempt.reply.stage = smtp::Stage::mail;
  EXPECT_EQ(judge(attempt, classifier()).kind, Kind::block);
}

TEST(JudgeLastReply, WhatWasWrittenDownIsReadAgain) {
  const bounce::Verdict full = judge_last_reply("452 4.2.2 mailbox full", classifier());
  EXPECT_EQ(full.category, Category::mailbox_full);
  EXPECT_EQ(judge_last_reply("", classifier()).category, Category::timed_out);
  EXPECT_NE(judge_last_reply("451 xyzzy", classifier()).rule, kOwnWords);
}

// Else hosts that have gone for good would never count as repeated soft bounces.
TEST(JudgeLastReply, OurOwnWordsAreASoftTimeout) {
  const bounce::Verdict verdict = judge_last_reply("no host would talk to us", classifier());
  EXPECT_EQ(verdict.kind, Kind::soft);
  EXPECT_EQ(verdict.category, Category::timed_out);
  EXPECT_EQ(verdict.rule, kOwnWords);
}

}  // namespace
}  // namespace postrider::delivery
