#include "mail/dsn.h"

#include <gtest/gtest.h>
#include <string>

#include "mail/header.h"
#include "support/golden.h"

namespace postrider::mail {
namespace {

constexpr std::string_view kOriginal =
    "From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nSubject: order 17\r\n\r\nHello.\r\n";
constexpr Time kNow{std::chrono::seconds(1795499532)};

Address address(std::string_view text) {
  return *parse_mailbox(text, true);
}

DsnRecipient failed_recipient() {
  return {.final_recipient = address("bob@example.net"),
          .original_recipient = "rfc822;bob@list.example",
          .action = DsnAction::failed,
          .status = "5.1.1",
          .remote_mta = "mx.example.net",
          .diagnostic =
              "550 5.1.1 <bob@example.net>: Recipient address rejected: User unknown in "
              "virtual mailbox table",
          .last_attempt = kNow - std::chrono::minutes(1),
          .will_retry_until = std::nullopt};
}

DsnMessage failure() {
  return {.reporting_mta = "relay.example.org",
          .to = address("ann@example.org"),
          .envelope_id = "QQ314159",
          .message_id = "<report.1@relay.example.org>",
          .arrived = kNow - std::chrono::hours(1),
          .now = kNow,
          .recipients = {failed_recipient()},
          .original = kOriginal,
          .full = false};
}

TEST(BuildDsn, FailureWithTheHeaderOfTheOriginal) {
  test::expect_golden("dsn_failure.want", build_dsn(failure()));
}

TEST(BuildDsn, DelayWithTheWholeOriginal) {
  DsnMessage report = failure();
  report.full = true;
  report.envelope_id.clear();
  report.recipients[0].action = DsnAction::delayed;
  report.recipients[0].status = "4.2.2";
  report.recipients[0].diagnostic = "452 4.2.2 mailbox full";
  report.recipients[0].original_recipient.clear();
  report.recipients[0].will_retry_until = kNow + std::chrono::hours(96);
  test::expect_golden("dsn_delay.want", build_dsn(report));
}

TEST(BuildDsn, AddressesBeyondAsciiUseTheTypesOfRfc6533) {
  DsnMessage report = failure();
  report.to = address("\u00e4nn@b\u00fccher.example");
  report.recipients[0].final_recipient = address("b\u00f6b@example.net");
  report.recipients[0].original_recipient = "utf-8;b\u00f6b@example.net";
  report.original = "Subject: Gr\u00fc\u00dfe\r\n\r\nHello.\r\n";
  test::expect_golden("dsn_utf8.want", build_dsn(report));
}

TEST(BuildDsn, OneOfEachAction) {
  DsnMessage report = failure();
  for (const DsnAction action : {DsnAction::delayed, DsnAction::delivered, DsnAction::relayed,
                                 DsnAction::expanded, DsnAction::failed}) {
    report.recipients.push_back(
        {.final_recipient = address("b" + std::to_string(int(action)) + "@x.example"),
         .original_recipient = {},
         .action = action,
         .status = "2.0.0",
         .remote_mta = {},
         .diagnostic = {},
         .last_attempt = std::nullopt,
         .will_retry_until = std::nullopt});
  }
  test::expect_golden("dsn_actions.want", build_dsn(report));
}

TEST(BuildDsn, ForeignTextAddsNoLinesAndNoBytesBeyondAscii) {
  DsnMessage report = failure();
  report.recipients[0].diagnostic =
      "550 no\r\n\r\nFrom: eve\r\n\x1b[2J \u00fc " + std::string(5000, 'x');
  report.recipients[0].remote_mta = "mx\u00fc\r\nEvil: x";
  report.recipients[0].original_recipient = "rfc822;a\r\nEvil: y" + std::string(2000, 'y');
  report.envelope_id = "a\u00fc\r\nEvil: z" + std::string(2000, 'z');
  const std::string text = build_dsn(report);
  EXPECT_EQ(text.find("\nEvil"), std::string::npos);
  EXPECT_EQ(text.find("\nFrom: eve"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  const ContentFacts facts = inspect(text);
  EXPECT_FALSE(facts.has_eight_bit_header || facts.has_eight_bit_body);
  EXPECT_LT(facts.longest_line, 998U);
}

TEST(BuildDsn, SpacesOfADiagnosticMakeNoEmptyLines) {
  DsnMessage report = failure();
  report.recipients[0].diagnostic = "550  no" + std::string(200, ' ') + "such user ";
  const std::string text = build_dsn(report);
  EXPECT_NE(text.find("Diagnostic-Code: smtp; 550 no such user\r\n"), std::string::npos) << text;
}

TEST(BuildDsn, AnEightBitBodyComesBackLabelled) {
  DsnMessage report = failure();
  report.original = "From: ann@example.org\r\n\r\n\xff\r\n";
  EXPECT_EQ(build_dsn(report).find("8bit"), std::string::npos) << "the header alone is 7-bit";
  report.full = true;
  const std::string text = build_dsn(report);
  EXPECT_NE(
      text.find("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nFrom"),
      std::string::npos);
  EXPECT_NE(find_field(split_message(text).fields, "Content-Transfer-Encoding"), nullptr);
}

TEST(BuildDsn, TheOriginalCannotHoldTheBoundary) {
  DsnMessage report = failure();
  const auto boundary_of = [&report] {
    const std::string text = build_dsn(report);
    const auto at = text.find("boundary=\"") + 10;
    return text.substr(at, text.find('"', at) - at);
  };
  const std::string first = boundary_of();
  const std::string forged = "Subject: x\r\n\r\n--" + first + "--\r\n";
  report.original = forged;
  EXPECT_EQ(boundary_of(), first) << "its body is not even looked at";
  report.full = true;
  EXPECT_NE(boundary_of(), first);
}

}  // namespace
}  // namespace postrider::mail
