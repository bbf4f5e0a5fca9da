#include "smtp/content_check.h"

#include <gtest/gtest.h>
#include <string>

namespace postrider::smtp {
namespace {

std::string refusal(std::string_view content, const ContentLimits& limits) {
  const auto reply = check_content(content, limits);
  return reply ? to_string(*reply).substr(0, 9) : "";
}

TEST(ContentCheck, AnOrdinaryMessagePasses) {
  EXPECT_EQ(refusal("Received: by a\r\nSubject: x\r\n\r\nhello\r\n", {}), "");
  EXPECT_EQ(refusal("", {}), "");
}

TEST(ContentCheck, NulIsRefused) {
  EXPECT_EQ(refusal(std::string_view("a\0b\r\n", 5), {}), "554 5.6.0");
}

TEST(ContentCheck, LinesAreMeasuredWithTheirEnd) {
  const std::string line = std::string(998, 'x') + "\r\n";
  EXPECT_EQ(longest_line("a\r\n" + line), 1000U);
  EXPECT_EQ(refusal(line, {.line_bytes_max = 1000}), "");
  EXPECT_EQ(refusal("a\r\nx" + line, {.line_bytes_max = 1000}), "554 5.6.0");
  EXPECT_EQ(refusal("x" + line, {.line_bytes_max = 0}), "");
}

TEST(ContentCheck, HopsAreCountedInTheHeaderOnlyAndInAnyCase) {
  const std::string content =
      "Received: a\r\n folded\r\nRECEIVED: b\r\nX-Received: c\r\nreceived:d\r\n\r\n"
      "Received: not me\r\n";
  EXPECT_EQ(measure_header(content).hops, 3U);
  EXPECT_EQ(refusal(content, {.hops_max = 3}), "");
  EXPECT_EQ(refusal(content, {.hops_max = 2}), "554 5.4.6");
  EXPECT_EQ(measure_header("Received: only").hops, 1U);
}

// 8 MB of "a:" would be two million fields in memory.
TEST(ContentCheck, TheHeaderHasLimitsOfItsOwn) {
  std::string fields;
  for (int i = 0; i < 1000; ++i) {
    fields += "a:\r\n b\r\n";
  }
  const std::string body = "\r\n" + fields + fields + "a:\r\n";
  EXPECT_EQ(refusal(fields + body, {}), "");
  EXPECT_EQ(refusal(fields + "a:\r\n" + body, {}), "554 5.6.0");
  const ContentLimits limits{.header_bytes_max = 100};
  const std::string rest(95, 'x');
  EXPECT_EQ(refusal("a: " + rest + "\r\n" + body, limits), "");
  EXPECT_EQ(refusal("a: x" + rest + "\r\n" + body, limits), "552 5.3.4");
  EXPECT_EQ(refusal("a:\r\n" + std::string(200, ' ') + "\r\n", limits), "552 5.3.4");
}

TEST(ContentCheck, AHeaderIsAsLongAsItsMessageMayBeUnlessALimitSaysSo) {
  EXPECT_EQ(refusal("a:" + std::string(5 << 20, ' ') + "\r\n\r\n", {}), "");
}

TEST(ContentCheck, OnlyCrlfIsALineEnd) {
  EXPECT_TRUE(has_only_crlf(""));
  EXPECT_TRUE(has_only_crlf("a\r\n\r\nb"));
  // Each fault at each place relative to the blocks of 64.
  for (std::size_t before = 0; before < 140; ++before) {
    const std::string text(before, 'x');
    EXPECT_TRUE(has_only_crlf(text + "\r\n" + std::string(70, 'y'))) << before;
    EXPECT_FALSE(has_only_crlf(text + "\n" + std::string(70, 'y'))) << before;
    EXPECT_FALSE(has_only_crlf(text + "\r" + std::string(70, 'y'))) << before;
    EXPECT_FALSE(has_only_crlf(text + "\r")) << before;
    EXPECT_FALSE(has_only_crlf(text + "\n\r")) << before;
  }
}

}  // namespace
}  // namespace postrider::smtp
