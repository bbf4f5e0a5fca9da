// What comes back becomes events, with everything real but the session.
#include "relay/feedback.h"

#include <algorithm>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "feedback_harness.h"
#include "support/never_ended.h"

namespace postrider::relay {
namespace {

using events::Event;
using events::Type;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MarkedReading : public FeedbackTest {
 protected:
  /// A process that ends while it reads this.
  void die_over(const std::string& mail) {
    const auto marks = *ReadingMarks::open(folder_ / "reading");
    ASSERT_TRUE(test::never_end(marks->begin(mail)));
  }

  Result<> read(const std::string& mail) {
    const auto marks = *ReadingMarks::open(folder_ / "reading");
    Feedback feedback({.clock = clock_,
                       .events = *events_,
                       .directory = *directory_,
                       .links = links_,
                       .committers = committers_,
                       .classifier = [this] { return rules_; },
                       .token_key = kKey,
                       .marks = marks.get()});
    const InboundMail inbound{.session = "a1",
                              .sender = {},
                              .addresses = {{.use = InboundUse::bounce, .recipient = recipient(1)}},
                              .content = mail};
    const Result<> taken =
        boost::asio::co_spawn(threads_.context(0), feedback.take(inbound), boost::asio::use_future)
            .get();
    broken_ = feedback.figures().broken;
    return taken;
  }

  std::uint64_t broken_ = 0;
};

TEST_F(MarkedReading, WhatHasEndedTheProcessTwiceIsRefusedUnread) {
  deliver(1, "ann@x.example");
  const std::string bad = report(status_of("ann@x.example", "failed", "550 5.1.1 bad"));
  die_over(bad);
  die_over(bad);
  const Result<> refused = read(bad);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid);
  EXPECT_EQ(broken_, 1U);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_TRUE(read(report(status_of("ann@x.example", "failed", "550 5.1.1 good"))));
  EXPECT_THAT(told(), ElementsAre("bounced ann@x.example hard"));
}

TEST_F(MarkedReading, WhatWasBeingReadOnceIsReadAgain) {
  deliver(1, "ann@x.example");
  const std::string mail = report(status_of("ann@x.example", "failed", "550 5.1.1 unknown"));
  die_over(mail);
  EXPECT_TRUE(read(mail));
  EXPECT_TRUE(read(mail)) << "and has left no mark";
  EXPECT_EQ(broken_, 0U);
}

const std::string kUnknown = "550 5.1.1 User unknown";

TEST_F(FeedbackTest, ABounceSaysWhyAndRepeatsWhatIsKnown) {
  deliver(1, "ann@x.example");
  ASSERT_TRUE(bounce(1, report(status_of("ann@x.example", "failed", kUnknown))));
  const Event event = last();
  EXPECT_EQ(event.type, Type::bounced);
  EXPECT_EQ(event.account, account_);
  EXPECT_EQ(event.recipient, recipient(1));
  EXPECT_EQ(event.site, "mx.example");
  EXPECT_EQ(event.code, 550U);
  EXPECT_EQ(event.enhanced, "5.1.1");
  EXPECT_EQ(event.category, "no-such-mailbox");
  EXPECT_EQ(event.detail, "");
  EXPECT_FALSE(event.rule.empty());
}

TEST_F(FeedbackTest, IsToldOnceOfEachKind) {
  deliver(1, "ann@x.example");
  const std::string late = report(status_of("ann@x.example", "delayed", "451 4.4.1 later"));
  const std::string gone = report(status_of("ann@x.example", "failed", kUnknown));
  const std::string full = report(status_of("ann@x.example", "failed", "552 5.2.2 full"));
  for (const std::string& one : {late, late, gone, gone, full, late}) {
    ASSERT_TRUE(bounce(1, one));
  }
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(take({{.use = InboundUse::complaint, .recipient = {}}},
                     complaint(own_id(1), "ann@x.example")));
    ASSERT_TRUE(take({{.use = InboundUse::unsubscribe, .recipient = recipient(1)}}, ""));
  }
  EXPECT_THAT(told(),
              ElementsAre("delayed ann@x.example soft", "bounced ann@x.example hard",
                          "complained ann@x.example complaint", "unsubscribed ann@x.example "));
  EXPECT_EQ(feedback_.figures().repeated, 6U);
}

// Servers give complaints of others as their reason, in the words of a complaint.
TEST_F(FeedbackTest, ARefusalForComplaintsIsNoComplaint) {
  deliver(1, "ann@x.example");
  const std::string refusal =
      "From: MAILER-DAEMON@x.example\r\nSubject: failure notice\r\n\r\nHi. This is the "
      "qmail-send program at x.example.\r\nI'm afraid I wasn't able to deliver your message to "
      "the following addresses.\r\n\r\n<ann@x.example>:\r\n192.0.2.1 failed after I sent the "
      "message.\r\nRemote host said: 554 5.7.1 this message was marked as spam\r\n\r\n--- Below "
      "this line is a copy of the message.\r\n\r\n" +
      own_id(1) + "Message-ID: <1@shop.example>\r\nTo: ann@x.example\r\n\r\nhello\r\n";
  ASSERT_TRUE(to_nobody(refusal));
  EXPECT_THAT(told(), ElementsAre("bounced ann@x.example block"));
}

TEST_F(FeedbackTest, AnAnswerThatQuotesUsIsNoComplaint) {
  deliver(1, "ann@x.example");
  const std::string answer =
      "From: ann@x.example\r\nSubject: Out of office: your complaint\r\nAuto-Submitted: "
      "auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
      "--b\r\n\r\nI am away.\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" +
      own_id(1) + "Message-ID: <1@shop.example>\r\nTo: ann@x.example\r\n\r\nhello\r\n--b--\r\n";
  ASSERT_TRUE(to_nobody(answer));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(FeedbackTest, WithoutAnIdOfOursNothingIsTold) {
  deliver(1, "ann@x.example");
  std::string forged = token(1);
  forged[20] = forged[20] == 'a' ? 'b' : 'a';
  for (const std::string& returned :
       {std::string("Subject: x\r\n"), "X-Postrider-Id: " + forged + "\r\n",
        "Message-ID: <" + std::to_string(recipient(1).value) + "@shop.example>\r\n",
        "Return-Path: <bounces+" + forged + "@rp.example>\r\n"}) {
    ASSERT_TRUE(to_nobody(report(status_of("ann@x.example", "failed", kUnknown), returned)));
    ASSERT_TRUE(to_nobody(complaint(returned, "ann@x.example")));
  }
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(feedback_.figures().unmatched, 8U);
}

TEST_F(FeedbackTest, AnIdInWhatComesBackIsEnough) {
  for (std::uint64_t number = 1; number <= 3; ++number) {
    deliver(number, "r" + std::to_string(number) + "@x.example");
  }
  const std::string status = status_of("somebody@x.example", "failed", kUnknown);
  ASSERT_TRUE(to_nobody(report(status, own_id(1))));
  ASSERT_TRUE(to_nobody(report(
      status, "Return-Path: <bounces+" + token(2) +
                  "@rp.example>\r\nFrom: <a@shop.example>\r\nMessage-ID: <1@shop.example>\r\n")));
  ASSERT_TRUE(to_nobody(report(status, "Message-ID: <" + token(3) + "@shop.example>\r\n")));
  EXPECT_THAT(told(), ElementsAre("bounced r1@x.example hard", "bounced r2@x.example hard",
                                  "bounced r3@x.example hard"));
}

TEST_F(FeedbackTest, TheTokenOfTheAddressCountsBeforeWhatComesBack) {
  deliver(1, "ann@x.example");
  deliver(2, "bob@x.example");
  ASSERT_TRUE(bounce(1, report(status_of("bob@x.example", "failed", kUnknown), own_id(2))));
  EXPECT_THAT(told(), ElementsAre("bounced ann@x.example hard"));
  EXPECT_EQ(last().detail, "reported as bob@x.example");
}

// Whoever was written to by one account holds a token, and nothing more.
TEST_F(FeedbackTest, ATokenOfOneAccountSaysNothingOfAnothersRecipients) {
  const AccountId shop = account_;
  deliver(1, "ann@x.example");
  account_ = directory_->add_account("bank", kNow)->id;
  deliver(2, "bob@x.example");
  std::string forged = token(2);
  std::ranges::copy(token(1).substr(15), forged.begin() + 15);
  for (const std::string& returned : {std::string("To: bob@x.example\r\n"),
                                      "X-Postrider-Id: " + forged + "\r\nTo: bob@x.example\r\n"}) {
    ASSERT_TRUE(to_nobody(report(status_of("bob@x.example", "failed", kUnknown), returned)));
    ASSERT_TRUE(to_nobody(complaint(returned, "bob@x.example")));
  }
  EXPECT_THAT(told(), IsEmpty());
  ASSERT_TRUE(bounce(1, report(status_of("bob@x.example", "failed", kUnknown))));
  ASSERT_TRUE(to_nobody(complaint(own_id(1), "bob@x.example")));
  EXPECT_THAT(told(),
              ElementsAre("bounced ann@x.example hard", "complained ann@x.example complaint"));
  EXPECT_EQ(last().account, shop);
}

TEST_F(FeedbackTest, OfSeveralThatAreReportedTheOneWithOurAddressCounts) {
  deliver(1, "ann@x.example");
  ASSERT_TRUE(bounce(1, report(status_of("one@x.example", "failed", kUnknown) +
                               status_of("Ann@X.example", "failed", "552 5.2.2 mailbox full"))));
  EXPECT_THAT(told(), ElementsAre("bounced ann@x.example soft"));
}

TEST_F(FeedbackTest, WhoHasFailedOrIsUnknownDoesNotBounceAgain) {
  tell(Type::accepted, 1, "ann@x.example");
  tell(Type::failed, 1, "ann@x.example");
  tell(Type::accepted, 2, "bob@x.example");
  tell(Type::expired, 2, "bob@x.example");
  for (const std::uint64_t number : {1U, 2U, 3U}) {
    ASSERT_TRUE(bounce(number, report(status_of("ann@x.example", "failed", kUnknown))));
  }
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(FeedbackTest, AReportThatOvertakesTheDeliveryIsToComeAgain) {
  tell(Type::accepted, 1, "ann@x.example");
  const std::string early = report(status_of("ann@x.example", "failed", kUnknown));
  const auto first = bounce(1, early);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code(), Errc::unavailable);
  tell(Type::delivered, 1, "ann@x.example");
  ASSERT_TRUE(bounce(1, early));
  EXPECT_THAT(told(), ElementsAre("bounced ann@x.example hard"));
}

// Both would find that nothing has been told yet.
TEST_F(FeedbackTest, TwoCopiesAtTheSameTimeCountOnce) {
  deliver(1, "ann@x.example");
  std::vector<InboundMail> copies(32);
  std::vector<std::future<Result<>>> taken;
  for (InboundMail& mail : copies) {
    mail.session = "a1";
    mail.addresses = {{.use = InboundUse::bounce, .recipient = recipient(1)}};
    mail.content = report(status_of("ann@x.example", "failed", kUnknown));
    taken.push_back(
        boost::asio::co_spawn(threads_.context(0), feedback_.take(mail), boost::asio::use_future));
  }
  for (auto& one : taken) {
    const Result<> done = one.get();
    EXPECT_TRUE(done || done.error().code() == Errc::unavailable);
  }
  EXPECT_THAT(told(), ElementsAre("bounced ann@x.example hard"));
}

class SharedCopies : public FeedbackTest {
 protected:
  void SetUp() override {
    FeedbackTest::SetUp();
    ASSERT_TRUE(directory_->change_account("shop", {.own_return_paths = false}));
    deliver(1, "ann@x.example");
    deliver(2, "bob@x.example", 1);
    deliver(3, "else@x.example");
  }
};

TEST_F(SharedCopies, AreToldApartByAddressInComplaintsAndBelievedInNothingElse) {
  ASSERT_TRUE(to_nobody(report(status_of("bob@x.example", "failed", kUnknown), own_id(1))));
  ASSERT_TRUE(take({{.use = InboundUse::unsubscribe, .recipient = recipient(1)}}, "no more"));
  EXPECT_THAT(told(), IsEmpty()) << "ann and bob both have this id";
  ASSERT_TRUE(to_nobody(complaint(own_id(1), "bob@x.example")));
  EXPECT_THAT(told(), ElementsAre("complained bob@x.example complaint"));
}

TEST_F(SharedCopies, OfTrackedMailAreNotShared) {
  ASSERT_TRUE(to_nobody(complaint(own_id(2), "redacted@x.example")));
  EXPECT_THAT(told(), ElementsAre("complained bob@x.example complaint"))
      << "no copy but its own has the second recipient's id";
  store::Step step;
  links::TrackedMessage tracked;
  tracked.account = account_;
  links::LinkStore::put(step, MessageId{recipient(1).value}, tracked);
  ASSERT_TRUE(store_.commit(std::move(step)));
  ASSERT_TRUE(to_nobody(complaint(own_id(1), "redacted@x.example")));
  EXPECT_THAT(told(), ElementsAre("complained bob@x.example complaint",
                                  "complained ann@x.example complaint"));
}

TEST_F(SharedCopies, NameNobodyByOthersAddressesOrNone) {
  for (const char* address : {"else@x.example", "redacted@x.example", ""}) {
    ASSERT_TRUE(to_nobody(complaint(own_id(1), address)));
  }
  EXPECT_THAT(told(), IsEmpty());
  ASSERT_TRUE(to_nobody(complaint(own_id(3), "")));
  EXPECT_THAT(told(), ElementsAre("complained else@x.example complaint"))
      << "a message with one recipient needs no address";
}

}  // namespace
}  // namespace postrider::relay
