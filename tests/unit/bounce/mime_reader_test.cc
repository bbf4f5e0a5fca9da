#include "bounce/mime_reader.h"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "bounce/charset.h"

namespace postrider::bounce {
namespace {

using testing::ElementsAre;

std::vector<std::string> types_of(const MimeMessage& message) {
  std::vector<std::string> types;
  for (const MimePart& part : message.parts) {
    types.push_back(std::to_string(part.depth) + " " + part.type + "/" + part.subtype);
  }
  return types;
}

TEST(MimeReader, PartsComeInTheOrderOfTheText) {
  const MimeMessage read = read_mime(
      "Content-Type: multipart/report; boundary=\"out er\"\r\n\r\npreamble\r\n"
      "--out er\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n"
      "--in\r\n\r\nplain\r\n--in\r\nContent-Type: text/html\r\n\r\n<p>\r\n--in--\r\n"
      "--out er\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n--out er--\r\n");
  EXPECT_THAT(types_of(read),
              ElementsAre("0 multipart/report", "1 multipart/alternative", "2 text/plain",
                          "2 text/html", "1 message/delivery-status"));
  EXPECT_FALSE(read.is_cut);
}

TEST(MimeReader, LinesThatEndInLineFeedsAloneAreLines) {
  const MimeMessage read = read_mime(
      "Subject: a\n b\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhello\n--x--\n");
  ASSERT_EQ(read.parts.size(), 2U);
  EXPECT_EQ(read.parts[0].field("subject"), "a\n b");
  EXPECT_EQ(text_of(read.parts[1], 100), "hello\n");
}

TEST(MimeReader, MissingBoundaryIsTakenFromTheBody) {
  const MimeMessage read =
      read_mime("Content-Type: multipart/report\n\n--abcdef\n\none\n--abcdef--\n");
  EXPECT_EQ(read.parts.size(), 2U);
}

TEST(MimeReader, MultipartWithoutPartsIsText) {
  const MimeMessage read =
      read_mime("Content-Type: multipart/report; boundary=never\n\nall in one\n");
  EXPECT_THAT(types_of(read), ElementsAre("0 text/plain"));
}

TEST(MimeReader, MailboxLineAndJunkInTheHeadArePassedOver) {
  const MimeMessage read =
      read_mime("From MAILER-DAEMON Tue Jun 11\nno field\nTo: a@b.example\n\nx");
  EXPECT_EQ(read.parts[0].field("To"), "a@b.example");
}

TEST(MimeReader, PartWithoutAHeadKeepsItsFirstLine) {
  const MimeMessage read =
      read_mime("Content-Type: multipart/mixed; boundary=x\n\n--x\nHi. This is qmail.\n--x--\n");
  ASSERT_EQ(read.parts.size(), 2U);
  EXPECT_EQ(read.parts[1].body, "Hi. This is qmail.\n");
}

TEST(MimeReader, AFoldThatHasLostItsSpaceIsAFold) {
  const MimeMessage read = read_mime(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n"
      "Content-Transfer-Encoding: base64\nX-Diagnostics:\n1;SLX 0381;27: x\nX-Other: y\n\n"
      "aGVsbG8=\n--b\nSubject: a head\nand a body\n--b--\n");
  ASSERT_EQ(read.parts.size(), 3U);
  EXPECT_EQ(read.parts[1].field("X-Diagnostics"), "1;SLX 0381;27: x");
  EXPECT_EQ(text_of(read.parts[1], 100), "hello");
  EXPECT_EQ(read.parts[2].body, "and a body\n");
}

TEST(MimeReader, NestingEndsWhereItMay) {
  std::string message;
  for (int i = 0; i < 5000; ++i) {
    const std::string name = "b" + std::to_string(i);
    message += "Content-Type: multipart/mixed; boundary=" + name + "\n\n--" + name + "\n";
  }
  const MimeMessage read = read_mime(message);
  EXPECT_TRUE(read.is_cut);
  EXPECT_LE(read.parts.size(), MimeLimits{}.depth_most + 1);
}

TEST(MimeReader, PartsEndWhereTheyMay) {
  std::string message = "Content-Type: multipart/mixed; boundary=x\n\n";
  for (int i = 0; i < 100'000; ++i) {
    message += "--x\n\na\n";
  }
  const MimeMessage read = read_mime(message);
  EXPECT_EQ(read.parts.size(), MimeLimits{}.parts_most);
  EXPECT_TRUE(read.is_cut);
}

TEST(MimeReader, HeadBeyondItsLimitIsCutAndTheBodyFound) {
  std::string message;
  for (int i = 0; i < 20'000; ++i) {
    message += "X-Filler: " + std::to_string(i) + "\n";
  }
  message += "\nbody";
  const MimeMessage read = read_mime(message);
  EXPECT_TRUE(read.is_cut);
  EXPECT_EQ(read.parts[0].fields.size(), MimeLimits{}.fields_most);
  EXPECT_EQ(read.parts[0].body, "body");
}

TEST(MimeReader, ParametersAreFoundAsTheyAreWritten) {
  struct Row {
    const char* value;
    const char* want;
  };
  for (const Row& row : std::vector<Row>{
           {"multipart/mixed; boundary=abc", "abc"},
           {"multipart/mixed; BOUNDARY = \"a b\"; x=y", "a b"},
           {"multipart/mixed; report-type=delivery-status;\r\n\tboundary=\"q=1\"", "q=1"},
           {"multipart/mixed; x=\"boundary=no\"; boundary=yes", "yes"},
           {"multipart/mixed; boundary=\"open", "open"},
           {"multipart/mixed; boundary=", ""},
           {"multipart/mixed", ""},
       }) {
    EXPECT_EQ(parameter_of(row.value, "boundary"), row.want) << row.value;
  }
}

TEST(Charset, TextBecomesUtf8) {
  struct Row {
    const char* name;
    std::string bytes;
    const char* charset;
    const char* want;
  };
  for (const Row& row : std::vector<Row>{
           {"Ascii", "plain", "us-ascii", "plain"},
           {"Western",
            "nicht \xFC"
            "bermittelt",
            "iso-8859-1", "nicht übermittelt"},
           {"Cyrillic", "\xCD\xC5\xD4", "KOI8-R", "мет"},
           {"Japanese", "\x1B$B%(%i!<\x1B(B", "iso-2022-jp", "エラー"},
           {"JapaneseUnnamed", "\x1B$B%(%i!<\x1B(B", "", "エラー"},
           {"JapaneseMislabelled", "\xA5\xA8\xA5\xE9\xA1\xBC", "iso-2022-jp", "エラー"},
           {"Chinese", "\xCD\xCB\xD0\xC5", "gb2312", "退信"},
           {"Utf8Mislabelled", "r\xC3\xA9ponse", "iso-8859-1", "réponse"},
           {"UnknownName", "r\xE9ponse", "x-nobody-knows", "réponse"},
           {"NameThatIconvMustNotSee", "a\xE9", "UTF-8//TRANSLIT", "aé"},
       }) {
    EXPECT_EQ(to_utf8(row.bytes, row.charset), row.want) << row.name;
  }
}

TEST(Charset, EncodedWordsAreRead) {
  EXPECT_EQ(decode_words("=?iso-8859-1?Q?Non_remis_:_p=E9?=\r\n =?iso-8859-1?Q?riode?="),
            "Non remis : période");
  EXPECT_EQ(decode_words("[Automatyczna =?iso-8859-2?Q?odpowied=BC?=] test"),
            "[Automatyczna odpowiedź] test");
  EXPECT_EQ(decode_words("=?utf-8?B?4piD?="), "☃");
  EXPECT_EQ(decode_words("=?broken"), "=?broken");
}

TEST(Charset, TransferEncodingsAreReadLeniently) {
  EXPECT_EQ(decode_transfer("a=3D=\r\nb=zz", "Quoted-Printable", 100), "a=b=zz");
  EXPECT_EQ(decode_transfer("aGVs\r\nbG8=!", "BASE64", 100), "hello");
  EXPECT_EQ(decode_transfer("aGVsbG8=", "base64", 2), "he");
}

}  // namespace
}  // namespace postrider::bounce
