// What is beyond the bounds of the readers is not looked at, and not kept: one test for each bound.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "bounce/bounce_report.h"
#include "bounce/find_addresses.h"
#include "bounce/mime_reader.h"
#include "bounce/report_parts.h"
#include "bounce/text_report.h"

namespace postrider::bounce {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const std::string kFrom = "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n";

std::string filler(std::size_t bytes, const std::string& line = "nothing of interest here\n") {
  std::string text;
  while (text.size() < bytes) {
    text += line;
  }
  return text;
}

std::string with_status(const std::string& status) {
  return kFrom +
         "Content-Type: multipart/report; boundary=b\n\n--b\n\nfailed\n--b\nContent-Type: "
         "message/delivery-status\n\n" +
         status + "\n--b--\n";
}

std::string one_failed(const std::string& more = "") {
  return "Final-Recipient: rfc822; ann@x.example\nAction: failed\n" + more;
}

TEST(MimeBounds, BytesOfTheMessage) {
  const std::string message = "Subject: x\n\n" + std::string(1000, 'a');
  const MimeMessage read = read_mime(message, {.bytes_most = 112});
  EXPECT_TRUE(read.is_cut);
  EXPECT_EQ(read.parts[0].body.size(), 100U);
}

TEST(MimeBounds, BytesOfAHead) {
  const std::string message =
      "Subject: x\nX-A: " + std::string(100, 'a') + "\nTo: ann@x.example\n\nbody";
  const MimeMessage read = read_mime(message, {.head_bytes_most = 50});
  EXPECT_TRUE(read.is_cut);
  EXPECT_EQ(read.parts[0].field("Subject"), "x");
  EXPECT_EQ(read.parts[0].field("To"), "");
  EXPECT_EQ(read.parts[0].body, "body");
}

TEST(MimeBounds, PartsOfOneMultipart) {
  const std::string message =
      "Content-Type: multipart/mixed; boundary=x\n\n" + filler(1000, "--x\n\na\n") + "--x--\n";
  const MimeMessage read = read_mime(message, {.parts_most = 5});
  EXPECT_TRUE(read.is_cut);
  EXPECT_THAT(read.parts, SizeIs(5));
}

TEST(ReportBounds, TheNotice) {
  const BounceReport report =
      read_bounce(kFrom + "\n" + filler(70 << 10) + "<ann@x.example>:\n550 no such user\n");
  EXPECT_LE(report.notice.size(), 64U << 10);
  EXPECT_THAT(report.recipients, IsEmpty());
}

TEST(ReportBounds, AddressesOfALine) {
  std::string line = "hello ";
  for (int i = 0; i < 500; ++i) {
    line += "r" + std::to_string(i) + "@x.example ";
  }
  const std::size_t found = find_recipients(line + "\n", {}).size();
  EXPECT_GT(found, 10U);
  EXPECT_LE(found, 20U);
}

TEST(ReportBounds, AReasonAndItsLines) {
  const auto found = find_recipients(
      "<ann@x.example>:\n" + filler(60'000, "it is so\n") + "550 no such user\n", {});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_LT(found[0].reason.size(), 500U);
  const auto wide = find_recipients("<ann@x.example>:\n550 " + filler(60'000, "no "), {});
  ASSERT_THAT(wide, SizeIs(1));
  EXPECT_LE(wide[0].reason.size(), 2000U);
}

TEST(ReportBounds, TheTextOfAnEvent) {
  const BounceReport report = read_bounce(
      with_status(one_failed("Diagnostic-Code: smtp; 550 5.1.1 " + filler(3500, "no ") + "\n")));
  ASSERT_THAT(report.recipients, SizeIs(1));
  EXPECT_LE(report.recipients[0].text.size(), 2003U) << "with \"...\"";
}

TEST(ReportBounds, AValueOfAStatus) {
  const BounceReport report = read_bounce(with_status(
      one_failed("Remote-MTA: dns; " + filler(5000, "a") + "\nOriginal-Recipient: rfc822; " +
                 filler(5000, "b") + "@x.example\n")));
  ASSERT_THAT(report.recipients, SizeIs(1));
  EXPECT_LE(report.recipients[0].original_recipient.size(), 4000U);
  EXPECT_LE(report.recipients[0].mta.size(), 258U) << "with \"...\"";
}

TEST(ReportBounds, AllStatusesTogether) {
  const std::string late =
      "X-Filler: " + filler(5 << 20, "aaaaaaaaaaaaaaa\n ") + "\n" + one_failed();
  EXPECT_TRUE(read_report_parts(with_status(late)).status.find("ann@") == std::string::npos);
}

TEST(ReportBounds, ALocalPart) {
  const std::string text = filler(10'000, "a") + "@x.example";
  const auto found = find_addresses(text, 1);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_LE(found[0].text.size(), 255U + 10);
}

TEST(ReportBounds, FailedRecipientsInTheHead) {
  std::string head = "X-Failed-Recipients: ";
  for (int i = 0; i < 5000; ++i) {
    head += "r" + std::to_string(i) + "@x.example,\n ";
  }
  EXPECT_THAT(read_report_parts(kFrom + head + "\n\nfailed\n").failed, SizeIs(1000));
}

TEST(ReportBounds, Html) {
  const ReportParts parts =
      read_report_parts(kFrom + "Content-Type: text/html\n\n" + filler(300 << 10, "<b></b>\n") +
                        "ann@x.example could not be reached\n");
  EXPECT_EQ(parts.notice.find("ann@"), std::string::npos);
}

TEST(ReportBounds, WhatComesBack) {
  const BounceReport report = read_bounce(
      kFrom +
      "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n" +
      "X-Filler: " + filler(300 << 10, "a") + "\nMessage-ID: <1@x.example>\n\nhello\n--b--\n");
  EXPECT_EQ(report.message_id, "");
}

}  // namespace
}  // namespace postrider::bounce
