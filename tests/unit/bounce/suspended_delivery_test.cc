// What a host says of itself, and not of what another one said: its status is believed.
#include <gtest/gtest.h>
#include <string>

#include "bounce/bounce_report.h"

namespace postrider::bounce {
namespace {

struct Row {
  const char* name;
  const char* status;
  const char* diagnostic;
  Kind kind;
  Category category;
};

class SuspendedDelivery : public testing::TestWithParam<Row> {};

TEST_P(SuspendedDelivery, IsJudgedByWhatItSays) {
  static const Classifier classifier = *Classifier::load();
  const Row& row = GetParam();
  BounceReport report = read_bounce(
      "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\n"
      "Subject: Undelivered Mail Returned to Sender\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b1\n\n"
      "--b1\n\nYour message could not be delivered.\n"
      "--b1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
      "Final-Recipient: rfc822; ann@example.net\nAction: failed\nStatus: " +
      std::string(row.status) + "\nDiagnostic-Code: X-Postfix; " + row.diagnostic +
      "\n\n--b1\nContent-Type: text/rfc822-headers\n\nSubject: x\n--b1--\n");
  judge(report, classifier);
  ASSERT_EQ(report.recipients.size(), 1U);
  ASSERT_TRUE(report.recipients[0].verdict);
  EXPECT_EQ(report.recipients[0].verdict->kind, row.kind);
  EXPECT_EQ(report.recipients[0].verdict->category, row.category);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SuspendedDelivery,
    testing::Values(
        Row{"NoName", "4.4.3",
            "delivery temporarily suspended: Host or domain name not found. Name service\n error "
            "for name=mx.example.net type=A: Host not found",
            Kind::soft, Category::no_such_domain},
        Row{"NoNameForGood", "5.4.4",
            "delivery temporarily suspended: Host or domain name not found. Name service\n error "
            "for name=example.net type=MX: Host not found",
            Kind::hard, Category::no_such_domain},
        Row{"ItsOwnSetUp", "4.3.5",
            "Host or domain name not found. Name service error for name=relay.example.org\n "
            "type=A: "
            "Host not found",
            Kind::soft, Category::no_such_domain},
        Row{"NoSuchDomain", "5.4.4",
            "Host or domain name not found. Name service error for name=example.net\n type=A: Host "
            "not found",
            Kind::hard, Category::no_such_domain},
        Row{"NameServerSilent", "4.4.3",
            "delivery temporarily suspended: Host or domain name not found. Name service\n error "
            "for name=example.net type=MX: Host not found, try again",
            Kind::soft, Category::connection_failed},
        Row{"NoConnection", "4.4.1",
            "delivery temporarily suspended: connect to mx.example.net[192.0.2.1]:25:\n Connection "
            "refused",
            Kind::soft, Category::connection_failed},
        Row{"FullMailbox", "4.2.2",
            "delivery temporarily suspended: host mx.example.net[192.0.2.1] said: 452 4.2.2\n "
            "Mailbox full",
            Kind::soft, Category::mailbox_full},
        Row{"Blocked", "4.7.1",
            "delivery temporarily suspended: host mx.example.net[192.0.2.1] refused to talk\n to "
            "me: "
            "554 5.7.1 Service unavailable; client [192.0.2.7] blocked using\n zen.spamhaus.org",
            Kind::block, Category::ip_blocked}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace postrider::bounce
