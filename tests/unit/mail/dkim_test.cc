#include "mail/dkim.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>

#include "base/text.h"
#include "mail/header.h"
#include "support/golden.h"

namespace postrider::mail {
namespace {

using namespace std::string_view_literals;

// The key and the body of RFC 8463, appendix A.
constexpr std::string_view kEd25519Pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view kRfcBody =
    "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
constexpr Time kNow{std::chrono::milliseconds(1795499532999)};

std::string hash_text(std::string_view body) {
  const BodyHash hash = hash_body(std::span(&body, 1));
  return base64({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

std::shared_ptr<const SigningKey> ed25519_key() {
  return std::make_shared<SigningKey>(*SigningKey::from_pem(kEd25519Pem));
}

std::string sign(std::string_view header, std::span<const SignedField> fields) {
  const DkimSignature signature{.domain = "example.org", .selector = "s1", .key = ed25519_key()};
  const auto signed_text = sign_header(header, BodyHash{}, std::span(&signature, 1), kNow, fields);
  EXPECT_TRUE(signed_text) << signed_text.error().text();
  return *signed_text;
}

/// A tag of a signature, with white space removed.
std::string tag(std::string_view field, std::string_view name) {
  for (std::string_view part : split(field.substr(field.find(':') + 1), ';')) {
    part = trim(part);
    if (part.starts_with(std::string(name) + "=")) {
      std::string value(part.substr(name.size() + 1));
      std::erase_if(value, [](char c) { return c == ' ' || c == '\r' || c == '\n'; });
      return value;
    }
  }
  return "(none)";
}

struct BodyRow {
  std::string name;
  std::string body;
  std::string want;
};

class RelaxedBody : public testing::TestWithParam<BodyRow> {};

TEST_P(RelaxedBody, IsOfRfc6376) {
  EXPECT_EQ(relax_body(GetParam().body), GetParam().want);
}

// However a body comes in pieces, its hash is that of the whole.
TEST_P(RelaxedBody, PiecesDoNotMatter) {
  const std::string_view body = GetParam().body;
  const std::string whole = hash_text(body);
  for (std::size_t i = 0; i <= body.size(); ++i) {
    for (std::size_t j = i; j <= body.size(); ++j) {
      const std::array<std::string_view, 3> pieces{body.substr(0, i), body.substr(i, j - i),
                                                   body.substr(j)};
      const BodyHash hash = hash_body(pieces);
      ASSERT_EQ(base64({reinterpret_cast<const char*>(hash.data()), hash.size()}), whole)
          << i << " " << j;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RelaxedBody,
    testing::Values(
        BodyRow{"Empty", "", ""}, BodyRow{"OneLineEnd", "\r\n", ""},
        BodyRow{"LineEndsOnly", "\r\n\r\n\r\n", ""},
        BodyRow{"WhiteSpaceOnly", " \t \r\n \r\n\t", ""},
        BodyRow{"ExampleOfTheRfc", " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n"},
        BodyRow{"NoLastLineEnd", "abc", "abc\r\n"},
        BodyRow{"WhiteSpaceAndNoLastLineEnd", "abc \t", "abc\r\n"},
        BodyRow{"WhiteLastLineWithoutEnd", "abc\r\n \t ", "abc\r\n"},
        BodyRow{"TrailingBlankLines", "abc\r\n \r\n\r\n\t\r\n", "abc\r\n"},
        BodyRow{"InnerBlankLinesStay", "a\r\n\r\n \r\n\r\nb\r\n", "a\r\n\r\n\r\n\r\nb\r\n"},
        BodyRow{"LeadingBlankLinesStay", "\r\n\r\na\r\n", "\r\n\r\na\r\n"},
        BodyRow{"Indented", "<p>\r\n    <b>x</b>\t\r\n\t</p>\r\n", "<p>\r\n <b>x</b>\r\n </p>\r\n"},
        BodyRow{"SpaceRuns", "a  b   c\t\td e\r\n", "a b c d e\r\n"},
        BodyRow{"LoneCr", "a \rb\r", "a \rb\r\r\n"}, BodyRow{"CrAtTheEnd", "a \r", "a \r\r\n"},
        BodyRow{"LoneLf", "a \nb\n", "a \nb\n\r\n"},
        BodyRow{"EightBit", "\xc3\xbc  \xff\xa0 \r\n", "\xc3\xbc \xff\xa0\r\n"},
        BodyRow{"SpaceAtABlocksBorder", std::string(15, 'x') + "  y\r\n",
                std::string(15, 'x') + " y\r\n"},
        BodyRow{"TrailingSpaceAtABlocksBorder", std::string(15, 'x') + " \r\ny\r\n",
                std::string(15, 'x') + "\r\ny\r\n"}),
    [](const auto& row) { return row.param.name; });

/// The definition, word by word and slowly.
std::string relax_by_the_book(std::string_view body) {
  std::string out;
  std::string blank_lines;
  while (!body.empty()) {
    const auto end = body.find("\r\n");
    std::string line;
    for (const char c : body.substr(0, end)) {
      const bool is_space = c == ' ' || c == '\t';
      if (!is_space || !line.ends_with(' ')) {
        line += is_space ? ' ' : c;
      }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    if (!line.empty()) {
      out += blank_lines + line + "\r\n";
      blank_lines.clear();
    } else {
      blank_lines += "\r\n";
    }
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 2);
  }
  return out;
}

TEST(RelaxBody, RandomBodiesComeOutAsByTheBook) {
  std::mt19937 random(20261124);
  constexpr std::array<std::string_view, 9> kPieces{
      " ", "\t", "\r\n", "\r\n", "x", "word ", "  ", "longer than a block of sixteen", "\r"};
  for (int round = 0; round < 5000; ++round) {
    std::string body;
    const auto count = random() % 30;
    for (std::size_t i = 0; i < count; ++i) {
      body += kPieces[random() % kPieces.size()];
    }
    ASSERT_EQ(relax_body(body), relax_by_the_book(body)) << hex(body);
  }
}

TEST(HashBody, IsThatOfRfc8463) {
  EXPECT_EQ(hash_text(kRfcBody), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
}

TEST(HashBody, AnEmptyBodyIsTheHashOfNothing) {
  EXPECT_EQ(hash_text(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  EXPECT_EQ(hash_body({}), hash_body(std::vector<std::string_view>{"\r\n"}));
}

TEST(HashBody, LongBodiesInManyPiecesComeOutTheSame) {
  std::string body;
  for (int i = 0; i < 3000; ++i) {
    body +=
        "line  " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 90), 'x') + " \r\n";
  }
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < body.size(); at += 1 + at % 5000) {
    pieces.push_back(std::string_view(body).substr(at, 1 + at % 5000));
  }
  const BodyHash hash = hash_body(pieces);
  EXPECT_EQ(base64({reinterpret_cast<const char*>(hash.data()), hash.size()}), hash_text(body));
}

TEST(RelaxField, IsOfRfc6376) {
  EXPECT_EQ(relax_field("A: X\r\n"), "a:X\r\n");
  EXPECT_EQ(relax_field("B : Y\t\r\n\tZ  \r\n"), "b:Y Z\r\n");
  EXPECT_EQ(relax_field("Subject:\r\n \t folded\r\n  twice \r\n"), "subject:folded twice\r\n");
  EXPECT_EQ(relax_field("Empty:\r\n"), "empty:\r\n");
  EXPECT_EQ(relax_field("White: \r\n \r\n"), "white:\r\n");
  EXPECT_EQ(relax_field("Colons: a:b : c\r\n"), "colons:a:b : c\r\n");
}

TEST(SigningKey, Ed25519RecordIsThatOfRfc8463) {
  EXPECT_EQ(ed25519_key()->dns_record(),
            "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
}

TEST(SigningKey, PemIsReadBackAsTheSameKey) {
  for (const DkimAlgorithm algorithm : {DkimAlgorithm::rsa_sha256, DkimAlgorithm::ed25519_sha256}) {
    const auto key = SigningKey::generate(algorithm);
    ASSERT_TRUE(key);
    const auto again = SigningKey::from_pem(*key->to_pem());
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->algorithm(), algorithm);
    EXPECT_EQ(again->dns_record(), key->dns_record());
    EXPECT_EQ(*again->sign("bytes"), *key->sign("bytes"));
  }
}

TEST(SigningKey, RsaIsMadeWith2048Bits) {
  const auto key = SigningKey::generate(DkimAlgorithm::rsa_sha256);
  EXPECT_EQ(key->sign("bytes")->size(), 256U);
  EXPECT_TRUE(key->dns_record().starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"));
}

TEST(SigningKey, RefusesWhatIsNoKey) {
  for (const std::string_view pem :
       {""sv, "no key"sv, "-----BEGIN PRIVATE KEY-----\n"sv, kEd25519Pem.substr(0, 70)}) {
    const auto key = SigningKey::from_pem(pem);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code(), Errc::invalid);
  }
}

TEST(SigningKey, RefusesWeakAndForeignKeys) {
  EXPECT_EQ(SigningKey::from_pem(test::data_file("rsa512.pem")).error().text(),
            "the RSA key has 512 bits: verifiers take 1024 to 4096");
  EXPECT_EQ(SigningKey::from_pem(test::data_file("p256.pem")).error().text(),
            "the key is neither RSA nor Ed25519");
}

TEST(SignHeader, GoldenSignature) {
  constexpr std::array<SignedField, 3> kFields{{{"From", true}, {"Subject", true}, {"X-None"}}};
  const std::string text =
      sign("From: Joe <joe@example.org>\r\nsubject:  Is dinner\r\n\tready? \r\n", kFields);
  EXPECT_EQ(text,
            "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=s1;\r\n"
            " t=1795499532; bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; h=From:From:\r\n"
            " Subject:Subject; b=Bk548iRKAJzK6+BB7emobGSCKDmuBLNy+upPMDUtW9TxWJLwK5TKxOUySM\r\n"
            " 4i1O6BfXoWwE/q7E310E1neUqIDA==\r\n");
}

TEST(SignHeader, ListsAFieldOnceMoreThanItOccurs) {
  constexpr std::array<SignedField, 4> kFields{{{"From", true}, {"To", true}, {"X-A"}, {"X-B"}}};
  const std::string text = sign("X-A: 1\r\nFrom: a\r\nFROM: b\r\nx-a: 2\r\n", kFields);
  EXPECT_EQ(tag(text, "h"), "From:From:From:To:X-A:X-A");
}

TEST(SignHeader, SignsInTheOrderOfTheList) {
  const std::string text =
      sign("Precedence: 1\r\nSubject: b\r\nReceived: x\r\nTo: c\r\n: d\r\nFROM: a\r\n",
           default_signed_fields());
  EXPECT_EQ(tag(text, "h"),
            "From:From:Sender:Reply-To:Subject:Subject:Date:To:To:Cc:Message-ID:MIME-Version:"
            "Content-Type:Content-Transfer-Encoding:In-Reply-To:References:Precedence");
}

TEST(SignHeader, FieldsNotListedDoNotMatter) {
  constexpr std::array<SignedField, 1> kFields{{{"From", true}}};
  const std::string header = "From: ann@example.org\r\n";
  EXPECT_EQ(sign(header, kFields), sign("Received: x\r\n" + header + "no field\r\n", kFields));
}

// RFC 6376, 3.7 and 5.4.2, put together by hand: of equal fields the lowest first, at the end the
// field itself with nothing in its b=, and no line end behind it.
TEST(SignHeader, HashesWhatTheRfcSays) {
  constexpr std::array<SignedField, 2> kFields{{{"From", true}, {"X-A"}}};
  const std::string field = sign("X-A: 1\r\nFrom:  ann\r\nx-a:  2 \r\n", kFields);
  std::string own = relax_field(field.substr(0, field.rfind("b=") + 2));
  own.resize(own.size() - 2);
  EXPECT_EQ(tag(field, "b"), base64(*ed25519_key()->sign("from:ann\r\nx-a:2\r\nx-a:1\r\n" + own)));
}

TEST(SignHeader, NoLineIsWiderThan78) {
  std::string header;
  for (int i = 0; i < 40; ++i) {
    header += "References: <" + std::to_string(i) + "@example.org>\r\n";
  }
  const DkimSignature signature{
      .domain = "a-rather-long-domain-name-for-signatures.example.org",
      .selector = "selector-of-2026",
      .key = std::make_shared<SigningKey>(*SigningKey::generate(DkimAlgorithm::rsa_sha256))};
  const auto text = sign_header(header, BodyHash{}, std::span(&signature, 1), kNow);
  ASSERT_TRUE(text);
  EXPECT_LE(inspect(*text).longest_line, 78U);
  EXPECT_EQ(split_message(*text).fields.size(), 1U);
}

TEST(SignHeader, OneFieldForEachSignature) {
  const std::array<DkimSignature, 2> signatures{
      DkimSignature{.domain = "example.org", .selector = "e", .key = ed25519_key()},
      DkimSignature{.domain = "example.org", .selector = "e", .key = ed25519_key()}};
  const auto text = sign_header("From: ann@example.org\r\n", BodyHash{}, signatures, kNow);
  const auto fields = split_message(*text).fields;
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].whole, fields[1].whole) << "the first must leave nothing behind";
}

TEST(SignHeader, RefusesTagsThatWouldBreakTheField) {
  for (const std::string bad : {"", "a;b", "a\r\nb", "a b", "\xc3\xbc"}) {
    for (const bool is_domain : {false, true}) {
      const DkimSignature signature{.domain = is_domain ? bad : "example.org",
                                    .selector = is_domain ? "s1" : bad,
                                    .key = ed25519_key()};
      EXPECT_FALSE(sign_header("From: a\r\n", BodyHash{}, std::span(&signature, 1), kNow)) << bad;
    }
  }
}

TEST(DefaultSignedFields, OversignsWhatForgesAMessage) {
  for (const std::string_view name :
       {"From", "Subject", "Date", "To", "Cc", "Reply-To", "Message-ID", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding"}) {
    const auto& fields = default_signed_fields();
    const auto found = std::ranges::find(fields, name, &SignedField::name);
    ASSERT_NE(found, fields.end()) << name;
    EXPECT_TRUE(found->oversign) << name;
  }
}

}  // namespace
}  // namespace postrider::mail
