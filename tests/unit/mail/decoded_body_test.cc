#include "mail/decoded_body.h"

#include <gtest/gtest.h>
#include <vector>

namespace postrider::mail {
namespace {

struct Row {
  TransferEncoding encoding;
  std::string source;
  std::string text;
  std::vector<std::size_t> begins;  ///< in the source, of each byte of the text
};

TEST(DecodedBody, KnowsWhereEachByteStands) {
  constexpr auto kQuoted = TransferEncoding::quoted_printable;
  constexpr auto kBase64 = TransferEncoding::base64;
  const std::vector<Row> rows{{TransferEncoding::identity, "a=3D", "a=3D", {0, 1, 2, 3}},
                              {kQuoted, "a=3Db=\r\nc", "a=bc", {0, 1, 4, 8}},
                              {kQuoted,
                               "=c3=BC= \t\nd",
                               "\xC3\xBC"
                               "d",
                               {0, 3, 10}},
                              {kQuoted, "=\r\n=\r\na=", "a", {6}},
                              {kQuoted, "", "", {}},
                              {kBase64, "YWJj\r\nZA==\r\n", "abcd", {0, 1, 2, 6}},
                              {kBase64, "Y W\r\nJjZ GU=", "abcde", {0, 2, 5, 7, 9}},
                              {kBase64, "", "", {}}};
  for (const Row& row : rows) {
    const auto body = DecodedBody::decode(row.source, row.encoding);
    ASSERT_TRUE(body) << row.source;
    EXPECT_EQ(body->text(), row.text);
    for (std::size_t i = 0; i < row.begins.size(); ++i) {
      EXPECT_EQ(body->source_of(i), row.begins[i]) << row.source << " " << i;
    }
    EXPECT_EQ(body->source_of(row.text.size()), row.source.size());
  }
}

TEST(DecodedBody, EndsAByteBeforeTheSoftLineEndBehindIt) {
  const auto body = DecodedBody::decode("a=3D=\r\nb", TransferEncoding::quoted_printable);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->source_end_of(0), 1U);
  EXPECT_EQ(body->source_end_of(1), 4U);
}

TEST(DecodedBody, RefusesWhatIsNotInTheEncoding) {
  for (const char* source : {"a=", "=3", "=", "=\r\n"}) {
    EXPECT_EQ(DecodedBody::decode(source, TransferEncoding::quoted_printable).has_value(),
              std::string_view(source) != "=3")
        << source;
  }
  for (const char* source : {"=G0", "=0G", "a=b", "= x"}) {
    EXPECT_FALSE(DecodedBody::decode(source, TransferEncoding::quoted_printable)) << source;
  }
  for (const char* source : {"YWJ", "Y", "YWJj=", "YQ==YQ==", "YW-j", "YQ=", "====", "YW\x80j"}) {
    EXPECT_FALSE(DecodedBody::decode(source, TransferEncoding::base64)) << source;
  }
}

}  // namespace
}  // namespace postrider::mail
