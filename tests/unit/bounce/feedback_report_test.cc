#include "bounce/feedback_report.h"

#include <gtest/gtest.h>
#include <string>

namespace postrider::bounce {
namespace {

std::string arf(const std::string& fields, const std::string& original) {
  return "From: fbl@provider.example\nTo: fbl@bounce.example.org\nSubject: FW: offer\n"
         "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
         "--b\n\nThis is an email abuse report.\n"
         "--b\nContent-Type: message/feedback-report\n\n" +
         fields + "\n--b\nContent-Type: message/rfc822\n\n" + original + "\n--b--\n";
}

constexpr const char* kOriginal =
    "Return-Path: <bounces+tok@bounce.example.org>\nX-Postrider-Id: tok\n"
    "Feedback-ID: 17:shop:postrider\nMessage-ID: <17@example.org>\nTo: ann@example.net\n\nbuy\n";

TEST(FeedbackReport, AbuseReportIsRead) {
  const FeedbackReport report = read_feedback(
      arf("Feedback-Type: Abuse\nUser-Agent: Thing/1.0\nVersion: 1\nSource-IP: 192.0.2.1\n"
          "Original-Rcpt-To: <rfc822;ann@example.net>\nReported-Domain: example.org\n"
          "Original-Mail-From: <bounces+tok@bounce.example.org>\n",
          kOriginal));
  EXPECT_EQ(report.feedback_type, "abuse");
  EXPECT_EQ(report.source_ip, "192.0.2.1");
  EXPECT_EQ(report.recipient, "ann@example.net");
  EXPECT_EQ(report.message_id, "<17@example.org>");
  EXPECT_EQ(report.reported_domain, "example.org");
  EXPECT_EQ(report.user_agent, "Thing/1.0");
  EXPECT_EQ(report.original_from, "bounces+tok@bounce.example.org");
  EXPECT_EQ(report.feedback_id, "17:shop:postrider");
}

TEST(FeedbackReport, OwnIdIsFoundWhereTheAddressIsBlackedOut) {
  const FeedbackReport report =
      read_feedback(arf("Feedback-Type: abuse\nOriginal-Rcpt-To: redacted@example.net\n",
                        "X-Postrider-Id: tok\nTo: undisclosed\n"));
  EXPECT_EQ(report.own_id, "tok");
  EXPECT_EQ(report.recipient, "redacted@example.net");
}

TEST(FeedbackReport, SourceMayBeIpv6) {
  EXPECT_EQ(
      read_feedback(arf("Feedback-Type: abuse\nSource-IP: 2001:db8::1\n", kOriginal)).source_ip,
      "2001:db8::1");
}

TEST(FeedbackReport, MicrosoftsFormNamesTheReaderInTheMessage) {
  const FeedbackReport report = read_feedback(
      "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\n"
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
      "X-HmXmrOriginalRecipient: ann@example.net\nMessage-ID: <17@example.org>\n"
      "To: list@example.org\n\nbuy\n--b--\n");
  EXPECT_EQ(report.feedback_type, "abuse");
  EXPECT_EQ(report.recipient, "ann@example.net");
  EXPECT_EQ(report.source_ip, "192.0.2.1");
  EXPECT_EQ(report.message_id, "<17@example.org>");
}

TEST(FeedbackReport, UnsubscribingByMailIsOptOut) {
  const FeedbackReport report = read_feedback(
      "From: ann@example.net\nSubject: unsubscribe\nAuto-Submitted: auto-replied\n"
      "X-Apple-Unsubscribe: true\n\nSent to unsubscribe from the message.\n");
  EXPECT_EQ(report.feedback_type, "opt-out");
  EXPECT_EQ(report.recipient, "ann@example.net");
}

TEST(FeedbackReport, NoticeOfSesIsRead) {
  const FeedbackReport report = read_feedback(
      "From: no-reply@sns.example.com\nSubject: Notification Message\n\n"
      R"({"Type":"Notification","Message":"{\"notificationType\":\"Complaint\",\"complaint\":)"
      R"({\"complainedRecipients\":[{\"emailAddress\":\"ann@example.net\"}]},)"
      R"(\"mail\":{\"messageId\":\"0100\",\"sourceIp\":\"192.0.2.1\"}}"})");
  EXPECT_EQ(report.feedback_type, "abuse");
  EXPECT_EQ(report.recipient, "ann@example.net");
  EXPECT_EQ(report.message_id, "0100");
}

TEST(FeedbackReport, OtherMailIsNone) {
  EXPECT_FALSE(
      read_feedback("From: ann@example.net\nSubject: hello\n\nThis is spam!\n").is_feedback());
  EXPECT_FALSE(read_feedback("").is_feedback());
}

TEST(FeedbackReport, ReturnedPartMayBeAHeadAndNothingElse) {
  const std::string message =
      "Subject: complaint about message from 192.0.2.1\n"
      "Content-Type: multipart/report; boundary=b\n\n--b\nFrom: fb.\n--b--\n";
  const std::string behind = message + "Message-ID: <somebody-elses@example.org>\n";
  const FeedbackReport report = read_feedback(std::string_view(behind).substr(0, message.size()));
  EXPECT_EQ(report.feedback_type, "abuse");
  EXPECT_EQ(report.message_id, "");
}

TEST(FeedbackReport, WhatIsNoneSaysNothingOfAnybody) {
  const FeedbackReport report = read_feedback(
      "From: fbl@example.net\nContent-Type: multipart/report; boundary=b\n\n--b\n"
      "Content-Type: message/feedback-report\n\nFeedback Type: ab\xc9se\n"
      "Source-IP: 192.0.2.1\nOriginal-Rcpt-To: ann@example.net\n--b--\n");
  EXPECT_FALSE(report.is_feedback());
  EXPECT_EQ(report.recipient, "");
  EXPECT_EQ(report.source_ip, "");
}

}  // namespace
}  // namespace postrider::bounce
