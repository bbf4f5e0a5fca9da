#include "mail/mime_parts.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace postrider::mail {
namespace {

std::vector<std::string> bodies(std::string_view message) {
  std::vector<std::string> out;
  const auto parts = find_parts(message);
  EXPECT_TRUE(parts) << parts.error().text();
  for (const MimePart& part : *parts) {
    out.emplace_back(message.substr(part.body_begin, part.body_end - part.body_begin));
  }
  return out;
}

using Bodies = std::vector<std::string>;

TEST(MimeParts, AreTheBodiesBetweenBoundaries) {
  const std::string head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  EXPECT_EQ(bodies("A: b\r\n\r\nc\r\n"), Bodies{"c\r\n"});
  EXPECT_EQ(bodies("A: b\r\n"), Bodies{""});
  EXPECT_EQ(bodies(""), Bodies{""});
  EXPECT_EQ(bodies(head + "pre\r\n--b\r\n\r\nc\r\n\r\n--b\t \r\nA: b\r\n\r\nd\r\n--b--\r\nepi"),
            (Bodies{"c\r\n", "d"}));
  EXPECT_EQ(bodies(head + "--b\r\n\r\nc\r\n--bb\r\n --b\r\n--b--x\r\n--b--"),
            Bodies{"c\r\n--bb\r\n --b\r\n--b--x"});
  EXPECT_EQ(bodies(head + "--b\r\nA: b\r\n--b\r\n\r\n--b--\r\n"), (Bodies{"", ""}));
}

TEST(MimeParts, MayHaveLinesThatEndInLfAlone) {
  EXPECT_EQ(bodies("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nc\n--b--\n"), Bodies{"c"});
}

TEST(MimeParts, InnerBoundariesMayBeginLikeOuterOnes) {
  EXPECT_EQ(bodies("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                   "Content-Type: multipart/related; boundary=bb\r\n\r\n"
                   "--bb\r\n\r\nc\r\n--bb--\r\n--b\r\n\r\nd\r\n--b--\r\n"),
            (Bodies{"c", "d"}));
}

TEST(MimeParts, MayHaveBoundariesThatShouldStandInQuotes) {
  for (const std::string boundary : {"----=_Part_0_1.2", "a/b:c?d=e", "b=", "<b@c>"}) {
    const std::string end =
        ";charset=utf-8\r\n\r\n--" + boundary + "\r\n\r\nc\r\n--" + boundary + "--\r\n";
    EXPECT_EQ(bodies("Content-Type: multipart/mixed; boundary=" + boundary + end), Bodies{"c"});
    EXPECT_EQ(bodies("Content-Type: multipart/mixed; boundary=" + boundary + " (comment)" + end),
              Bodies{"c"});
  }
}

TEST(MimeParts, MayHaveEncodingsThatMeanOneThingOnly) {
  for (const auto& [written, read] :
       std::vector<std::pair<std::string, std::string>>{{"7-bit", "7bit"},
                                                        {"8-Bit", "8bit"},
                                                        {"Quoted-Printable;", "quoted-printable"},
                                                        {"x-uuencode", "x-uuencode"}}) {
    const auto parts = find_parts("Content-Transfer-Encoding: " + written + "\r\n\r\nc");
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->front().encoding, read);
  }
}

TEST(MimeParts, TellWhereTheirEncodingStands) {
  const std::string message =
      "A: b\r\ncontent-transfer-encoding: Quoted-\r\n Printable\r\nContent-Type: text/html;\r\n"
      " charset=\"utf-8\"\r\nContent-Disposition: ATTACHMENT; filename=a\r\n\r\n";
  const auto parts = find_parts(message);
  ASSERT_TRUE(parts);
  const MimePart& part = parts->front();
  EXPECT_EQ(message.substr(part.encoding_begin, part.encoding_end - part.encoding_begin),
            "content-transfer-encoding: Quoted-\r\n Printable\r\n");
  EXPECT_EQ(part.media.charset, "utf-8");
  EXPECT_TRUE(part.is_attachment);
}

TEST(MimeParts, WithTwoContentTypesAreRefused) {
  EXPECT_FALSE(find_parts("Content-Type: text/html\r\nContent-Type: text/plain\r\n\r\n"));
}

TEST(MimeParts, WithALineThatIsNoFieldAreRefused) {
  EXPECT_FALSE(find_parts("A: b\r\nno field\r\nContent-Type: text/html\r\n\r\n"));
  EXPECT_EQ(bodies("From ann@example.org Tue Nov 24\r\nA: b\r\n\r\nc"), Bodies{"c"});
}

}  // namespace
}  // namespace postrider::mail
