#include "simulator/sent_back.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postrider::simulator {
namespace {

using testing::HasSubstr;
using testing::Not;

const mail::Address kSender{.local = "bounces+token", .domain = "rp.example"};
const mail::Address kMailbox{.local = "somebody", .domain = "simulator.test"};
const mail::Address kComplaints{.local = "fbl", .domain = "rp.example"};
constexpr std::string_view kMail =
    "Subject: order\r\n 17\r\nMessage-ID: <1@shop.example>\r\nX-Postrider-Id: "
    "token\r\n\r\nhello\r\n";

Answered answered(const mail::Address& sender = kSender) {
  return {.return_path = sender, .mailbox = kMailbox, .content = kMail, .id = "7.0"};
}

TEST(SentBack, ABounceNamesTheMailboxAndReturnsTheHead) {
  const auto mail = sent_back(Sequel::bounce, answered(), kComplaints);
  ASSERT_TRUE(mail);
  EXPECT_TRUE(mail->envelope.reverse_path.is_null());
  EXPECT_EQ(mail->envelope.recipients.front().address, kSender);
  EXPECT_THAT(mail->content, HasSubstr("Final-Recipient: rfc822; somebody@simulator.test\r\n"));
  EXPECT_THAT(mail->content, HasSubstr("Status: 5.1.1\r\n"));
  EXPECT_THAT(mail->content, HasSubstr("X-Postrider-Id: token\r\n"));
}

TEST(SentBack, AComplaintGoesToWhomAskedForItAndKeepsTheReaderSecret) {
  const auto mail = sent_back(Sequel::complaint, answered(), kComplaints);
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->envelope.recipients.front().address, kComplaints);
  EXPECT_THAT(mail->content, HasSubstr("Feedback-Type: abuse\r\n"));
  EXPECT_THAT(mail->content, HasSubstr(std::string(kMail)));
  EXPECT_THAT(mail->content, Not(HasSubstr("somebody@")));
}

TEST(SentBack, AnAnswerSaysThatAMachineWroteIt) {
  const auto mail = sent_back(Sequel::vacation, answered(), kComplaints);
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->envelope.recipients.front().address, kSender);
  EXPECT_THAT(mail->content, HasSubstr("Auto-Submitted: auto-replied\r\n"));
  EXPECT_THAT(mail->content, HasSubstr("Subject: Out of office: order 17\r\n"));
  EXPECT_THAT(mail->content, HasSubstr("In-Reply-To: <1@shop.example>\r\n"));
}

TEST(SentBack, NothingGoesToNobodyOrFromOtherMailboxes) {
  EXPECT_FALSE(sent_back(Sequel::none, answered(), kComplaints));
  for (const Sequel sequel : {Sequel::bounce, Sequel::complaint, Sequel::vacation}) {
    EXPECT_FALSE(sent_back(sequel, answered({}), kComplaints));
  }
}

}  // namespace
}  // namespace postrider::simulator
