#include "mail/downconvert.h"

#include <gtest/gtest.h>
#include <string>

#include "mail/header.h"
#include "mail/media_type.h"
#include "mail/transfer_encoding.h"
#include "support/golden.h"

namespace postrider::mail {
namespace {

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, IsConvertedAsInTheFile) {
  const std::string message = test::data_file("seven_bit_" + GetParam() + ".in");
  const auto converted = to_seven_bit(message);
  ASSERT_TRUE(converted) << converted.error().text();
  const ContentFacts facts = inspect(*converted);
  EXPECT_FALSE(facts.has_eight_bit_header || facts.has_eight_bit_body);
  EXPECT_LE(facts.longest_line, 998U);
  test::expect_golden("seven_bit_" + GetParam() + ".want", *converted);
}

INSTANTIATE_TEST_SUITE_P(Messages, Golden,
                         testing::Values("text", "latin1", "cyrillic", "no_mime", "alternative",
                                         "nested", "digest", "attachment", "preamble", "no_end"),
                         [](const auto& row) { return row.param; });

TEST(ToSevenBit, LeavesSevenBitMessagesAlone) {
  const std::string message =
      "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n\r\nplain\r\n";
  EXPECT_EQ(*to_seven_bit(message), message);
  EXPECT_EQ(*to_seven_bit(""), "");
}

struct Refusal {
  std::string name;
  std::string message;
  std::string why;
};

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, SaysWhy) {
  const auto converted = to_seven_bit(GetParam().message);
  ASSERT_FALSE(converted) << *converted;
  EXPECT_EQ(converted.error().code(), Errc::invalid);
  EXPECT_EQ(converted.error().text(), GetParam().why);
}

std::string nested(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) {
    text += "Content-Type: message/rfc822\r\n\r\n";
  }
  return text + "\r\n\xff\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Messages, Refused,
    testing::Values(
        Refusal{"Header", "Subject: \xc3\xbc\r\n\r\nx\r\n", "a header has 8-bit bytes"},
        Refusal{
            "PartHeader",
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: \xff\r\n\r\nx\r\n--b--\r\n",
            "a header has 8-bit bytes"},
        Refusal{"Signed",
                "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\xff\r\n--b--\r\n",
                "a signed part has 8-bit bytes, and must not be changed"},
        Refusal{"Partial", "Content-Type: message/partial\r\n\r\n\xff\r\n",
                "a part of type message/partial has 8-bit bytes, and can't be encoded"},
        Refusal{"NoBoundary", "Content-Type: multipart/mixed\r\n\r\n\xff\r\n",
                "a multipart has no parts"},
        Refusal{"BoundaryNowhere",
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n--c\r\n\xff\r\n",
                "a multipart has no parts"},
        Refusal{"OnlyAnEnd", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n\xff\r\n",
                "a multipart has no parts"},
        Refusal{
            "SignedInsideABoundaryThatBeginsAlike",
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
            "Content-Type: multipart/signed; boundary=b2\r\n\r\n--b2\r\n\r\n\xff\r\n--b2--\r\n\r\n"
            "--b--\r\n",
            "a signed part has 8-bit bytes, and must not be changed"},
        Refusal{"EightBitInBase64", "Content-Transfer-Encoding: base64\r\n\r\n\xff\r\n",
                "a part that says it is encoded as base64 has 8-bit bytes"},
        Refusal{
            "EncodedMultipart",
            "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            "--b\r\n\r\n\xff\r\n--b--\r\n",
            "a part that holds others is encoded as base64"},
        Refusal{
            "TwoEncodings",
            "Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: 7bit\r\n\r\n\xff\r\n",
            "a part has two encodings or two content types"},
        Refusal{"UnreadableType", "Content-Type: text\r\n\r\n\xff\r\n",
                "'text' is not a content type"},
        Refusal{"TooDeep", nested(33), "parts are nested too deep"}),
    [](const auto& row) { return row.param.name; });

TEST(ToSevenBit, DepthIsAllowedUpToItsLimit) {
  EXPECT_TRUE(to_seven_bit(nested(32)));
}

TEST(QuotedPrintable, EncodesWhatMustBe) {
  EXPECT_EQ(encode_quoted_printable("a=b\r\n\xc3\xbc\r\n"), "a=3Db\r\n=C3=BC\r\n");
  EXPECT_EQ(encode_quoted_printable("a \r\nb\t\r\n c"), "a=20\r\nb=09\r\n c");
  EXPECT_EQ(encode_quoted_printable("a\rb\nc\x7f"), "a=0Db=0Ac=7F");
  EXPECT_EQ(encode_quoted_printable(""), "");
}

TEST(QuotedPrintable, LinesHave76AtMost) {
  EXPECT_EQ(encode_quoted_printable(std::string(76, 'x')), std::string(76, 'x'));
  EXPECT_EQ(encode_quoted_printable(std::string(77, 'x')), std::string(75, 'x') + "=\r\nxx");
  EXPECT_EQ(encode_quoted_printable(std::string(74, 'x') + "\xff"),
            std::string(74, 'x') + "=\r\n=FF");
  EXPECT_EQ(encode_quoted_printable(std::string(73, 'x') + "\xff"), std::string(73, 'x') + "=FF");
}

TEST(Base64Lines, LinesHave76AtMost) {
  EXPECT_EQ(encode_base64_lines(""), "");
  EXPECT_EQ(encode_base64_lines(std::string(57, '\0')), std::string(76, 'A'));
  EXPECT_EQ(encode_base64_lines(std::string(58, '\0')), std::string(76, 'A') + "\r\nAA==");
}

TEST(ParseMediaType, ReadsTypeAndBoundary) {
  const auto media = parse_media_type(
      " Multipart/Mixed (x;boundary=no);\r\n charset=\"a;boundary=no\"; BOUNDARY=\"a \\\"b\" (c)");
  ASSERT_TRUE(media);
  EXPECT_TRUE(media->is("multipart", "mixed"));
  EXPECT_EQ(media->boundary, "a \"b");
}

TEST(ParseMediaType, ReadsOnBehindWhatIsMalformed) {
  EXPECT_EQ(parse_media_type("multipart/mixed; x; =y; boundary=b")->boundary, "b");
  EXPECT_EQ(parse_media_type("multipart/mixed; charset=utf-8 oops; boundary=b")->boundary, "b");
  EXPECT_EQ(parse_media_type("multipart/mixed; boundary=")->boundary, "");
}

TEST(ParseMediaType, RefusesWhatIsNone) {
  for (const std::string_view value : {"", "text", "text/", "/plain", ";", "(text/plain)"}) {
    EXPECT_FALSE(parse_media_type(value)) << value;
  }
  EXPECT_FALSE(parse_media_type("multipart/mixed; boundary=a; boundary=b"));
}

}  // namespace
}  // namespace postrider::mail
