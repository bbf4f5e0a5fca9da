// Whole messages: which parts change, and that in every transfer encoding nothing else does.
#include "track/plan.h"

#include <gtest/gtest.h>
#include <iconv.h>
#include <string>
#include <vector>

#include "base/text.h"
#include "mail/decoded_body.h"
#include "mail/mime_parts.h"
#include "mail/transfer_encoding.h"
#include "rewriting.h"

namespace postrider::track {
namespace {

std::string message_of(const std::string& encoding, const std::string& body,
                       const std::string& type = "text/html; charset=utf-8") {
  return "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: " + type +
         "\r\nContent-Transfer-Encoding: " + encoding + "\r\nSubject: b\r\n\r\n" + body;
}

std::string rewritten(const std::string& message, const LinkRules& how = rules()) {
  return copy_of(plan_message(message, how), message);
}

/// What the first part of `message` decodes to.
std::string decoded(std::string_view message) {
  const auto parts = mail::find_parts(message);
  EXPECT_TRUE(parts);
  const mail::MimePart& part = parts->front();
  const auto body =
      mail::DecodedBody::decode(message.substr(part.body_begin, part.body_end - part.body_begin),
                                *mail::read_encoding(part.encoding));
  EXPECT_TRUE(body) << body.error().text();
  return std::string(body->text());
}

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  for (const std::string_view line : split(text, '\n')) {
    longest = std::max(longest, trim(line).size());
  }
  return longest;
}

LinkRules with_opens() {
  LinkRules how = rules();
  how.opens = true;
  return how;
}

/// Whether all recipients' copies are of one size and differ in nothing but tokens is seen from a
/// second one.
void expect_nothing_else_changes(const std::string& message, const std::string& page_wanted) {
  const std::string copy = rewritten(message, with_opens());
  EXPECT_EQ(with_marks(decoded(copy)), page_wanted);
  const Plan again = plan_message(copy, with_opens());
  EXPECT_TRUE(again.regions.empty()) << "a rewritten mail is rewritten again";
}

TEST(PlainParts, KeepEveryByteButTheLink) {
  const std::string page = "<p>\r\n=\xC3\xBC=3D\r\n <a href=\"http://x/\">b</a></body>\r\n";
  for (const char* encoding : {"7bit", "8bit", "binary", "8BIT (comment)"}) {
    const std::string message = message_of(encoding, page);
    EXPECT_EQ(
        with_marks(rewritten(message, with_opens())),
        message_of(encoding, "<p>\r\n=\xC3\xBC=3D\r\n <a href=\"[0]\">b</a>[pixel]</body>\r\n"));
    expect_nothing_else_changes(message,
                                "<p>\r\n=\xC3\xBC=3D\r\n <a href=\"[0]\">b</a>[pixel]</body>\r\n");
  }
}

TEST(QuotedPrintableParts, AreWrappedAgainOnlyOnTouchedLines) {
  const std::string page =
      "<p style=3D\"a\">caf=C3=A9 <a href=3D\"http://x/?a=3D1&amp;b=3D=C3=BC and a long way to "
      "go=\r\n"
      " on\">b</a> and much more to say behind it, as lines go</p>=\r\n"
      "<i>untouched, with =e4 lower case=20\r\n"
      "</i></body>=\r\n";
  const std::string message = message_of("quoted-printable", page);
  const std::string copy = rewritten(message, with_opens());
  EXPECT_LE(longest_line(copy), 76U);
  EXPECT_NE(copy.find("<i>untouched, with =e4 lower case=20\r\n</i>"), std::string::npos);
  expect_nothing_else_changes(
      message,
      "<p style=\"a\">caf\xC3\xA9 <a href=\"[0]\">b</a> and much more to say behind it, as lines "
      "go</p><i>untouched, with \xE4 lower case \r\n</i>[pixel]</body>");
  EXPECT_EQ(plan_message(message, rules()).targets.at(0),
            "http://x/?a=1&b=%C3%BC%20and%20a%20long%20way%20to%20go%20on");
}

TEST(QuotedPrintableParts, MayHoldManyLinksOnALine) {
  std::string page;
  std::string wanted;
  for (int i = 0; i < 8; ++i) {
    page += "<a href=3Dhttp://x/>";
    wanted += "<a href=[" + std::to_string(i) + "]>";
    page += i % 3 == 2 ? "=\r\n" : "";
  }
  const std::string message = message_of("quoted-printable", page);
  EXPECT_LE(longest_line(rewritten(message)), 76U);
  expect_nothing_else_changes(message, wanted + "[pixel]");
}

TEST(QuotedPrintableParts, ThatEndInASoftLineEndKeepIt) {
  expect_nothing_else_changes(message_of("quoted-printable", "<p>a="), "<p>a[pixel]");
  expect_nothing_else_changes(message_of("quoted-printable", "<p>a=\r\n"), "<p>a[pixel]");
}

TEST(Base64Parts, KeepWhatIsBeforeTheFirstTouchedGroup) {
  for (std::size_t before = 0; before < 160; ++before) {
    for (const std::size_t behind : {0U, 1U, 2U, 100U}) {
      const std::string page = std::string(before, 'b') + "<a href='http://x/'>" +
                               std::string(behind, 'c') + "<a href='http://y/'>" +
                               std::string(behind, 'd');
      const std::string source = mail::encode_base64_lines(page) + "\r\n\r\n";
      const std::string message = message_of("base64", source);
      const std::string copy = rewritten(message, with_opens());
      const std::size_t same = message.find("\r\n\r\n") + 4 + before / 57 * 78;
      ASSERT_EQ(copy.substr(0, same), message.substr(0, same));
      ASSERT_TRUE(copy.ends_with("\r\n\r\n"));
      ASSERT_LE(longest_line(copy), 76U);
      expect_nothing_else_changes(message, std::string(before, 'b') + "<a href='[0]'>" +
                                               std::string(behind, 'c') + "<a href='[1]'>" +
                                               std::string(behind, 'd') + "[pixel]");
    }
  }
}

TEST(Base64Parts, MayHaveLinesOfAnyLength) {
  const std::string page = "<p>some text</p><a href='http://x/'>b</a>";
  std::string source;
  for (const char c : base64(page)) {
    source += c;
    source += source.size() % 7 == 0 ? "\r\n" : source.size() % 11 == 0 ? " " : "";
  }
  expect_nothing_else_changes(message_of("base64", source),
                              "<p>some text</p><a href='[0]'>b</a>[pixel]");
}

std::string in_utf16(std::string_view ascii, bool is_big) {
  std::string out = is_big ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : ascii) {
    out += is_big ? std::string{'\0', c} : std::string{c, '\0'};
  }
  return out;
}

std::string from_utf16(std::string_view bytes, bool is_big) {
  std::string out;
  for (std::size_t i = 2; i + 1 < bytes.size(); i += 2) {
    out += bytes[i + (is_big ? 1 : 0)];
  }
  return out;
}

TEST(Utf16Parts, AreRewrittenInBase64) {
  for (const bool is_big : {false, true}) {
    for (std::size_t before = 0; before < 60; ++before) {
      const std::string page = std::string(before, 'b') + "<a href='http://x/'>c</a></body>";
      const std::string message = message_of(
          "base64", mail::encode_base64_lines(in_utf16(page, is_big)), "text/html; charset=utf-16");
      const std::string copy = rewritten(message, with_opens());
      ASSERT_LE(longest_line(copy), 76U);
      EXPECT_EQ(with_marks(from_utf16(decoded(copy), is_big)),
                std::string(before, 'b') + "<a href='[0]'>c</a>[pixel]</body>");
    }
  }
}

TEST(StatefulCharsets, AreFollowedOrLeftAlone) {
  // ESC $ B, in which '<' and '"' are halves of characters, ESC ( B.
  const std::string page = "<p>\x1B$B<a href=\"http://y/\">\x1B(B<a href=\"http://x/\">";
  expect_nothing_else_changes(message_of("7bit", page, "text/html; charset=ISO-2022-JP"),
                              "<p>\x1B$B<a href=\"http://y/\">\x1B(B<a href=\"[0]\">[pixel]");
  for (const char* charset : {"hz-gb-2312", "utf-7", "iso-2022-kr", "utf-32", "cp037"}) {
    const std::string message =
        message_of("7bit", page, std::string("text/html; charset=") + charset);
    EXPECT_EQ(rewritten(message, with_opens()), message) << charset;
  }
  const std::string unfinished =
      message_of("7bit", "\x1B$B<a href=\"http://x/\">\r\n", "text/html; charset=ISO-2022-JP");
  EXPECT_EQ(rewritten(unfinished, with_opens()), unfinished);
}

TEST(LongLines, TurnThePartIntoQuotedPrintable) {
  const std::string line = "<p>" + std::string(930, 'a') + " \xC3\xBC= <a href=\"http://x/\">b</a>";
  const std::string message = message_of("8bit", line + "\r\n.\r\nc \r\n");
  const std::string copy = rewritten(message);
  EXPECT_LE(longest_line(copy), 76U);
  EXPECT_NE(copy.find("\r\nContent-Transfer-Encoding: quoted-printable\r\nSubject: b\r\n\r\n"),
            std::string::npos);
  EXPECT_EQ(with_marks(decoded(copy)),
            "<p>" + std::string(930, 'a') + " \xC3\xBC= <a href=\"[0]\">b</a>\r\n.\r\nc \r\n");
}

TEST(LongLines, ThatWereTooLongAlreadyStayAsTheyAre) {
  const std::string message =
      message_of("8bit", "<a href=\"http://x/\">" + std::string(1500, 'a') + "\r\n");
  EXPECT_EQ(with_marks(rewritten(message)),
            message_of("8bit", "<a href=\"[0]\">" + std::string(1500, 'a') + "\r\n"));
}

constexpr std::string_view kLink = "<a href=\"http://x/\">b</a>";

std::string multipart(const std::vector<std::string>& parts, const std::string& kind = "mixed") {
  std::string out = "MIME-Version: 1.0\r\nContent-Type: multipart/" + kind +
                    "; boundary=\"=_b\"\r\n\r\npreamble http://x/\r\n";
  for (const std::string& part : parts) {
    out += "--=_b\r\n" + part + "\r\n";
  }
  return out + "--=_b--\r\nepilogue\r\n";
}

TEST(Parts, ThatAreNoTextToReadAreLeftAlone) {
  const std::string link(kLink);
  const std::vector<std::string> alone{
      "Content-Type: text/html\r\nContent-Disposition: attachment; filename=a.html\r\n\r\n" + link,
      "Content-Type: text/calendar\r\n\r\n" + link,
      "Content-Type: text/x-amp-html\r\n\r\n" + link,
      "Content-Type: message/rfc822\r\n\r\nContent-Type: text/html\r\n\r\n" + link,
      "Content-Type: application/pkcs7-mime\r\n\r\n" + link,
      "Content-Type: multipart/signed; boundary=c\r\n\r\n--c\r\nContent-Type: text/html\r\n\r\n" +
          link + "\r\n--c--\r\n",
      "Content-Type: text/html\r\nContent-Transfer-Encoding: 7bit\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\n" +
          link,
      "Content-Type: text/plain\r\n\r\nhttp://x/ " + link};
  for (const std::string& part : alone) {
    const std::string message = multipart({part});
    EXPECT_EQ(rewritten(message, with_opens()), message);
  }
  const std::string forwarded = multipart({"\r\nContent-Type: text/html\r\n\r\n" + link}, "digest");
  EXPECT_EQ(rewritten(forwarded, with_opens()), forwarded);
}

TEST(Parts, OfAnUnknownEncodingStopNothingWhereTheyWouldStayAnyhow) {
  const std::string text =
      "Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nc";
  const std::string html = "Content-Type: text/html\r\n\r\n<a href=\"http://x/\">b</a>";
  EXPECT_EQ(
      with_marks(rewritten(multipart({text, html}, "alternative"))),
      multipart({text, "Content-Type: text/html\r\n\r\n<a href=\"[0]\">b</a>"}, "alternative"));
  const std::string unknown =
      "Content-Type: text/html\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nc";
  EXPECT_EQ(plan_message(multipart({unknown, html}), rules()).untouched,
            "a part is encoded as 'x-uuencode'");
}

TEST(Parts, AreFoundInMultipartsOfAnyKind) {
  const std::string html = "Content-Type: text/html\r\n\r\n" + std::string(kLink);
  const std::string inner =
      "Content-Type: multipart/related; boundary=\"=_b c\"\r\n\r\n--=_b c\r\n" + html +
      "\r\n--=_b c  \r\nContent-Type: image/png\r\n\r\n\r\n--=_b c--\r\n";
  const std::string message =
      multipart({"Content-Type: text/plain\r\n\r\nhttp://x/", inner, html}, "alternative");
  std::string wanted = message;
  for (const char* number : {"[0]", "[1]"}) {
    wanted.replace(wanted.find("\"http://x/\"") + 1, 9, number);
  }
  EXPECT_EQ(with_marks(rewritten(message)), wanted);
}

TEST(Parts, WithoutABodyAreLeftAlone) {
  const std::string message = multipart({"Content-Type: text/html\r\n"});
  ASSERT_NE(message.find("html\r\n\r\n--=_b"), std::string::npos);
  EXPECT_EQ(rewritten(message, with_opens()), message)
      << "a boundary would no longer begin its line";
}

std::string nested(std::size_t depth) {
  std::string front;
  std::string back;
  for (std::size_t i = 0; i < depth; ++i) {
    const std::string name = "b" + std::to_string(i);
    front += "Content-Type: multipart/mixed; boundary=" + name + "\r\n\r\n--" + name + "\r\n";
    back.insert(0, "\r\n--" + name + "--\r\n");
  }
  return front + "Content-Type: text/html\r\n\r\n" + std::string(kLink) + back;
}

struct Whole {
  std::string message;
  std::string why;
};

TEST(Messages, ThatCantBeTakenApartGoOutAsTheyCame) {
  const std::string html = "Content-Type: text/html\r\n\r\n" + std::string(kLink);
  const std::string unclosed = "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" + html;
  const std::vector<Whole> all{
      {nested(101), "its parts are nested too deeply"},
      {multipart(std::vector<std::string>(1000, html)), "it has too many parts"},
      {multipart({"X: " + std::string(1 << 20, 'a') + "\r\n" + html}),
       "the headers of its parts are too long"},
      {unclosed, "a boundary of a multipart never closes"},
      {multipart({unclosed}), "a boundary of a multipart never closes"},
      {"Content-Type: multipart/mixed\r\n\r\n" + html, "a multipart has no boundary"},
      {message_of("base64", "!!!!"), "a part is not base64"},
      {message_of("base64", "abcde"), "a part is not base64"},
      {message_of("quoted-printable", "a=b"), "a part is not quoted-printable"},
      {message_of("x-unknown", std::string(kLink)), "a part is encoded as 'x-unknown'"},
      {multipart({html, "Content-Type: text/plain\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n"}),
       "it holds inline PGP"}};
  for (const Whole& whole : all) {
    EXPECT_EQ(plan_message(whole.message, with_opens()).untouched, whole.why);
    EXPECT_EQ(rewritten(whole.message, with_opens()), whole.message) << whole.why;
  }
  EXPECT_EQ(plan_message(nested(100), rules()).links.size(), 1U);
  EXPECT_EQ(plan_message(multipart(std::vector<std::string>(999, html)), rules()).links.size(),
            999U);
}

TEST(Messages, SignedByTheirAuthorsDomainAreLeftWhereThatIsRespected) {
  const std::string message =
      "DKIM-Signature: v=1; a=rsa-sha256; d=Example.org; s=a;\r\n b=abc\r\n" +
      message_of("7bit", std::string(kLink));
  EXPECT_EQ(plan_message(message, rules()).links.size(), 1U);
  LinkRules how = rules();
  how.preserve_signed = true;
  EXPECT_EQ(plan_message(message, how).untouched, "the domain of its author has signed it");
  std::string other = message;
  other.replace(other.find("Example.org"), 11, "example.net");
  EXPECT_EQ(plan_message(other, how).links.size(), 1U) << "somebody else's signature";
}

TEST(Messages, KeepTheUrlOfListUnsubscribe) {
  const std::string message =
      "List-Unsubscribe: <mailto:a@x>,\r\n <https://x/leave?a=1>\r\n" +
      message_of("7bit", "<a href=\"https://x/leave?a=1\"><a href=\"https://x/\">");
  EXPECT_EQ(plan_message(message, rules()).targets, std::vector<std::string>{"https://x/"});
}

TEST(PlainText, IsRewrittenWhereAskedFor) {
  LinkRules how = rules();
  how.plain_text = true;
  const std::string text =
      "See https://x/a. Or (https://x/b_(c)), <https://x/d>\r\n\"http://x/e\" https://x/f?\r\n"
      "xhttp://x/g http:// HTTP://x/h";
  const std::string type = "text/plain; charset=utf-8; format=flowed";
  EXPECT_EQ(
      with_marks(rewritten(message_of("7bit", text, type), how)),
      message_of("7bit", "See [0]. Or ([1]), <[2]>\r\n\"[3]\" [4]?\r\nxhttp://x/g http:// [5]",
                 type));
  EXPECT_EQ(plan_message(message_of("7bit", text, type), how).targets.at(1), "https://x/b_(c)");
}

TEST(Plans, AreKeptWithoutLoss) {
  LinkRules how = with_opens();
  how.url_tags = {{"utm_source", "a"}};
  const std::string html = "<a universal=true href='http://u:p@x/'><a href='https+notrack://x/'>";
  const std::vector<std::string> messages{
      message_of("7bit", html),
      message_of("quoted-printable", "a<br>=\r\n<a href=3Dhttp://x/>"),
      message_of("base64", base64(html)),
      message_of("8bit", std::string(980, 'a') + html),
      message_of("base64", base64(in_utf16(html, true)), "text/html; charset=utf-16"),
      multipart({"Content-Type: text/html\r\n\r\n" + html}),
      nested(101)};
  for (const std::string& message : messages) {
    const Plan plan = plan_message(message, how);
    const std::string record = encode_plan(plan);
    const auto read = decode_plan(record);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, plan);
    for (std::size_t i = 0; i < record.size(); ++i) {
      std::string damaged = record;
      damaged[i] = static_cast<char>(damaged[i] ^ 1);
      EXPECT_FALSE(decode_plan(damaged));
    }
  }
}

TEST(Plans, OfAnotherMessageAreRefused) {
  const std::string page = "<p>" + std::string(100, 'a') + "<a href='http://x/'>";
  for (const std::string& message :
       {message_of("7bit", page), message_of("base64", base64(page))}) {
    const auto splice =
        Splice::prepare(plan_message(message, rules()), std::string_view(message).substr(0, 150));
    ASSERT_FALSE(splice);
    EXPECT_EQ(splice.error().code(), Errc::corrupt);
  }
}

TEST(Splices, DifferInTokensOnlyFromRecipientToRecipient) {
  const std::string message = message_of("base64", base64("<a href='http://x/'>b</body>"));
  const Plan plan = plan_message(message, with_opens());
  const auto splice = Splice::prepare(plan, message);
  ASSERT_TRUE(splice);
  const auto maker = keys().maker(kAccount, kMessage);
  const std::string first = splice->copy_for(maker, 0);
  const std::string second = splice->copy_for(maker, 1);
  EXPECT_EQ(first.size(), splice->size());
  EXPECT_EQ(first.size(), second.size());
  EXPECT_NE(first, second);
}

TEST(Messages, WithTenThousandLinksKeepThoseBeyondTheLimit) {
  std::string page;
  for (int i = 0; i < 10'000; ++i) {
    page += "<a href=\"http://x/" + std::to_string(i) + "\">b</a>\r\n";
  }
  const Plan plan = plan_message(message_of("7bit", page), rules());
  EXPECT_EQ(plan.links.size(), 2000U);
  EXPECT_EQ(plan.left_over, 8000U);
  EXPECT_EQ(plan.targets.at(1999), "http://x/1999");
  const std::string copy = rewritten(message_of("7bit", page));
  EXPECT_NE(copy.find("<a href=\"http://x/2000\">"), std::string::npos);
}

TEST(Messages, SayHowManyLinksOfTextAreLeft) {
  LinkRules how = rules();
  how.plain_text = true;
  how.links_max = 1;
  const std::string text = "http://x/a http://x/b http://x/" + std::string(9000, 'c') + "\r\n";
  const Plan plan = plan_message(message_of("8bit", text, "text/plain; charset=utf-8"), how);
  EXPECT_EQ(plan.links.size(), 1U);
  EXPECT_EQ(plan.left_over, 2U);
}

TEST(Messages, OfTwentyMegabytesAreSpliced) {
  const std::string page = "<a href='http://x/'>b</a>\r\n" + std::string(1000, 'a') + "<br>\r\n";
  std::string body;
  while (body.size() < (std::size_t{20} << 20)) {
    body += page;
  }
  LinkRules how = rules();
  how.links_max = 2;
  const std::string message =
      multipart({"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                 mail::encode_base64_lines(body)});
  const std::string copy = rewritten(message, how);
  std::string wanted = body;
  wanted.replace(wanted.find("http://x/"), 9, "[0]");
  wanted.replace(wanted.find("http://x/"), 9, "[1]");
  EXPECT_TRUE(with_marks(decoded(copy), 2) == wanted);
}

}  // namespace
}  // namespace postrider::track
