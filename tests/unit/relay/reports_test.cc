#include "relay/reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.h"

namespace postrider::relay {
namespace {

using delivery::Outcome;
using mail::DsnAction;
using std::chrono::hours;

const Time kNow{std::chrono::seconds(1'800'000'000)};

class Reports : public testing::Test {
 protected:
  void SetUp() override {
    message_.account = directory_->add_account("shop", kNow)->id;
    ASSERT_TRUE(directory_->add_domain(message_.account, "example.org", true, kNow));
    message_.id = MessageId{1024};
    message_.accepted = kNow;
    message_.envelope.reverse_path = {.local = "shop", .domain = "example.org"};
    message_.envelope.recipients.emplace_back();
    message_.envelope.recipients[0].address = {.local = "ann", .domain = "example.net"};
    attempt_.waiting.accepted = kNow;
    attempt_.waiting.due = kNow;
  }

  std::optional<DsnAction> wanted(std::uint8_t notify, Outcome outcome, Time due = {}) {
    message_.envelope.recipients[0].notify = notify;
    return report_wanted(message_, attempt_, {.outcome = outcome, .due = due}, *directory_);
  }

  TemporaryDirectory directory_;
  spool::Message message_;
  delivery::Attempt attempt_;
};

TEST_F(Reports, NoneWithoutBeingAsked) {
  EXPECT_FALSE(wanted(smtp::kNotifyUnset, Outcome::failed));
  EXPECT_FALSE(wanted(smtp::kNotifyNever, Outcome::failed));
  EXPECT_FALSE(wanted(smtp::kNotifySuccess, Outcome::failed));
}

TEST_F(Reports, FailureAndExpiryWhereNotifyAsks) {
  EXPECT_EQ(wanted(smtp::kNotifyFailure, Outcome::failed), DsnAction::failed);
  EXPECT_EQ(wanted(smtp::kNotifyFailure, Outcome::expired), DsnAction::failed);
  EXPECT_FALSE(wanted(smtp::kNotifyFailure, Outcome::delivered));
}

TEST_F(Reports, TheAccountsSettingHoldsWithoutAParameter) {
  ASSERT_TRUE(directory_->change_account("shop", {.dsn = directory::DsnDefault::failure}));
  EXPECT_EQ(wanted(smtp::kNotifyUnset, Outcome::failed), DsnAction::failed);
  EXPECT_FALSE(wanted(smtp::kNotifyNever, Outcome::failed));
  EXPECT_FALSE(wanted(smtp::kNotifySuccess, Outcome::failed));
}

TEST_F(Reports, SuccessIsToldAsRelayed) {
  EXPECT_EQ(wanted(smtp::kNotifySuccess, Outcome::delivered), DsnAction::relayed);
}

TEST_F(Reports, APeerWithDsnTellsOfSuccessWhereTheReturnPathIsTheSenders) {
  ASSERT_TRUE(directory_->change_account("shop", {.own_return_paths = false}));
  delivery::Peer peer;
  attempt_.peer = std::make_shared<const delivery::Peer>(peer);
  EXPECT_EQ(wanted(smtp::kNotifySuccess, Outcome::delivered), DsnAction::relayed);
  peer.offers_dsn = true;
  attempt_.peer = std::make_shared<const delivery::Peer>(peer);
  EXPECT_FALSE(wanted(smtp::kNotifySuccess, Outcome::delivered));
  ASSERT_TRUE(directory_->change_account("shop", {.own_return_paths = true}));
  EXPECT_EQ(wanted(smtp::kNotifySuccess, Outcome::delivered), DsnAction::relayed);
}

TEST_F(Reports, ADelayIsToldOnceAfterFourHours) {
  EXPECT_FALSE(wanted(smtp::kNotifyDelay, Outcome::deferred, kNow + hours(3)));
  attempt_.waiting.due = kNow + hours(3);
  EXPECT_EQ(wanted(smtp::kNotifyDelay, Outcome::deferred, kNow + hours(5)), DsnAction::delayed);
  attempt_.waiting.due = kNow + hours(5);
  EXPECT_FALSE(wanted(smtp::kNotifyDelay, Outcome::deferred, kNow + hours(6)));
}

TEST_F(Reports, NoneForABounceAndNoneToAForeignSender) {
  message_.envelope.reverse_path = {};
  EXPECT_FALSE(wanted(smtp::kNotifyFailure, Outcome::failed));
  message_.envelope.reverse_path = {.local = "victim", .domain = "example.com"};
  EXPECT_FALSE(wanted(smtp::kNotifyFailure, Outcome::failed));
}

TEST_F(Reports, TheReportSaysWhoAndWhy) {
  attempt_.reply = {.code = 550, .enhanced = "5.1.1", .text = "no such user"};
  const std::string report = build_report({.message = message_,
                                           .attempt = attempt_,
                                           .content = "Subject: order 17\r\n\r\nhello\r\n",
                                           .hostname = "relay.test",
                                           .id = MessageId{2048},
                                           .now = kNow,
                                           .expires = std::nullopt});
  for (const char* part : {"Final-Recipient: rfc822; ann@example.net", "Action: failed",
                           "Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 no such user",
                           "order 17", "To: <shop@example.org>", "Message-ID: <2048@relay.test>"}) {
    EXPECT_THAT(report, testing::HasSubstr(part));
  }
}

// 450 "user unknown" ends a recipient as a 550 does, and 552 "full" may be tried again.
TEST_F(Reports, TheStatusSaysWhatIsDone) {
  const auto report = [&](mail::DsnAction action, bool is_expired) {
    return build_report({.message = message_,
                         .attempt = attempt_,
                         .action = action,
                         .is_expired = is_expired,
                         .content = "Subject: order 17\r\n\r\nhello\r\n",
                         .hostname = "relay.test",
                         .id = MessageId{2048},
                         .now = kNow,
                         .expires = std::nullopt});
  };
  attempt_.reply = {.code = 450, .enhanced = "4.1.1", .text = "no such user"};
  EXPECT_THAT(report(DsnAction::failed, false), testing::HasSubstr("Status: 5.1.1"));
  EXPECT_THAT(report(DsnAction::failed, true), testing::HasSubstr("Status: 4.4.7"));
  attempt_.reply = {.code = 552, .enhanced = "5.2.2", .text = "full"};
  EXPECT_THAT(report(DsnAction::delayed, false), testing::HasSubstr("Status: 4.2.2"));
}

TEST_F(Reports, ALargeOriginalDoesNotComeBackWhole) {
  message_.envelope.ret = smtp::Ret::full;
  attempt_.reply = {.code = 550, .enhanced = "5.1.1", .text = "no such user"};
  std::string original = "Subject: order 17\r\n\r\n";
  original.resize(64 * 1024, 'x');
  const auto report = [&] {
    return build_report({.message = message_,
                         .attempt = attempt_,
                         .content = original,
                         .hostname = "relay.test",
                         .id = MessageId{2048},
                         .now = kNow,
                         .expires = std::nullopt});
  };
  EXPECT_THAT(report(), testing::HasSubstr(original));
  original += 'x';
  EXPECT_THAT(report(), testing::HasSubstr("text/rfc822-headers\r\n\r\nSubject: order 17\r\n"));
  EXPECT_THAT(report(), testing::Not(testing::HasSubstr("xxx")));
}

}  // namespace
}  // namespace postrider::relay
