// What one mail that came back can cost the others.
#include <chrono>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "feedback_harness.h"

namespace postrider::relay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FeedbackGuards : public FeedbackTest {
 protected:
  const std::string bounce_ = report(status_of("ann@x.example", "failed", "550 5.1.1 unknown"));
};

TEST_F(FeedbackGuards, AReaderThatThrowsCostsThatMailOnly) {
  deliver(1, "ann@x.example");
  while_reading_ = [] { throw std::runtime_error("a defect"); };
  const Result<> refused = bounce(1, bounce_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid);
  EXPECT_EQ(feedback_.figures().broken, 1U);
  EXPECT_THAT(told(), IsEmpty());
  while_reading_ = {};
  ASSERT_TRUE(bounce(1, bounce_));
  EXPECT_THAT(told(), ElementsAre("bounced ann@x.example hard"));
}

TEST_F(FeedbackGuards, WithoutMemoryItIsToComeAgain) {
  while_reading_ = [] { throw std::bad_alloc(); };
  const Result<> later = bounce(1, bounce_);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code(), Errc::unavailable);
  EXPECT_EQ(feedback_.figures().broken, 0U);
}

// Each waits with a whole mail in memory.
TEST_F(FeedbackGuards, MoreThanItHoldsAtATimeAreToComeAgain) {
  std::promise<void> gate;
  while_reading_ = [opened = gate.get_future().share()] { opened.wait(); };
  constexpr std::size_t kMails = 80;
  const std::vector<InboundMail> mails(kMails,
                                       {.session = "a1",
                                        .sender = {},
                                        .addresses = {{.use = InboundUse::bounce, .recipient = {}}},
                                        .content = bounce_});
  std::vector<std::future<Result<>>> taken;
  for (const InboundMail& mail : mails) {
    taken.push_back(
        boost::asio::co_spawn(threads_.context(0), feedback_.take(mail), boost::asio::use_future));
  }
  // Those that wait for a reader are not answered; the last ones are.
  ASSERT_EQ(taken.back().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  gate.set_value();
  std::size_t refused = 0;
  for (auto& one : taken) {
    const Result<> done = one.get();
    if (!done) {
      ++refused;
      EXPECT_EQ(done.error().code(), Errc::unavailable);
      EXPECT_THAT(done.error().text(), HasSubstr("too many reports"));
    }
  }
  EXPECT_EQ(refused, kMails - 64);
}

TEST_F(FeedbackGuards, FeedbackOfOtherKindsIsNoComplaint) {
  deliver(1, "ann@x.example");
  for (const char* kind : {"not-spam", "auth-failure", "dmarc"}) {
    std::string feedback = complaint(own_id(1), "ann@x.example");
    feedback.replace(feedback.find(": abuse") + 2, 5, kind);
    ASSERT_TRUE(to_nobody(feedback));
    EXPECT_THAT(told(), IsEmpty()) << kind;
  }
  ASSERT_TRUE(to_nobody(complaint(own_id(1), "ann@x.example")));
  EXPECT_THAT(told(), ElementsAre("complained ann@x.example complaint"));
}

TEST_F(FeedbackGuards, WhatProvesNothingIsCounted) {
  ASSERT_TRUE(to_nobody(bounce_));
  EXPECT_EQ(feedback_.figures().unmatched, 1U);
  ASSERT_TRUE(bounce(99, bounce_));
  EXPECT_EQ(feedback_.figures().unmatched, 2U) << "a valid token of a recipient that nobody knows";
  EXPECT_THAT(told(), IsEmpty());
}

}  // namespace
}  // namespace postrider::relay
