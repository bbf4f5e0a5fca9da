#include "mail/header.h"

#include <gtest/gtest.h>
#include <string>

namespace postrider::mail {
namespace {

using std::string_literals::operator""s;

TEST(SplitMessage, ViewsPointIntoTheMessage) {
  const std::string message =
      "From: ann@example.org\r\n"
      "Subject:  two\r\n"
      "\tlines\r\n"
      "\r\n"
      "body\r\n\r\nmore\r\n";
  const Sections sections = split_message(message);
  ASSERT_EQ(sections.fields.size(), 2U);
  EXPECT_EQ(sections.fields[0].name, "From");
  EXPECT_EQ(sections.fields[0].value, " ann@example.org");
  EXPECT_EQ(sections.fields[0].whole, "From: ann@example.org\r\n");
  EXPECT_EQ(sections.fields[1].value, "  two\r\n\tlines");
  EXPECT_EQ(sections.fields[1].offset, 23U);
  EXPECT_EQ(sections.header.size(), 46U);
  EXPECT_EQ(sections.header.data(), message.data());
  EXPECT_EQ(sections.body, "body\r\n\r\nmore\r\n");
  EXPECT_TRUE(sections.has_separator);
}

TEST(SplitMessage, WithoutAnEmptyLineAllIsHeader) {
  const Sections sections = split_message("From: ann@example.org\r\nSubject: x");
  EXPECT_EQ(sections.fields.size(), 2U);
  EXPECT_EQ(sections.fields[1].whole, "Subject: x");
  EXPECT_EQ(sections.fields[1].value, " x");
  EXPECT_FALSE(sections.has_separator);
  EXPECT_EQ(sections.body, "");
}

TEST(SplitMessage, AnEmptyLineAtTheFrontLeavesNoHeader) {
  const Sections sections = split_message("\r\nFrom: not a field\r\n");
  EXPECT_TRUE(sections.fields.empty());
  EXPECT_EQ(sections.header, "");
  EXPECT_EQ(sections.body, "From: not a field\r\n");
}

TEST(SplitMessage, NothingGivesNothing) {
  const Sections sections = split_message("");
  EXPECT_TRUE(sections.fields.empty());
  EXPECT_FALSE(sections.has_separator);
}

TEST(SplitMessage, LinesThatAreNoFieldsHaveNoName) {
  const Sections sections = split_message(
      " begins with a continuation\r\n"
      "no colon\r\n"
      ": no name\r\n"
      "two words: x\r\n"
      "na\xc3\xafve: x\r\n"
      "Subject \t: spaces before the colon\r\n"
      "\r\n");
  ASSERT_EQ(sections.fields.size(), 6U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(sections.fields[i].name, "") << i;
  }
  EXPECT_EQ(sections.fields[1].value, "no colon");
  EXPECT_EQ(sections.fields[5].name, "Subject");
  EXPECT_EQ(sections.fields[5].value, " spaces before the colon");
}

TEST(SplitMessage, ALineOfSpacesContinuesTheFieldAndEndsNothing) {
  const Sections sections = split_message("Subject: x\r\n \r\nTo: y\r\n\r\nbody");
  ASSERT_EQ(sections.fields.size(), 2U);
  EXPECT_EQ(sections.fields[0].whole, "Subject: x\r\n \r\n");
  EXPECT_EQ(sections.body, "body");
}

TEST(SplitMessage, FieldsTogetherAreTheHeader) {
  const std::string message = "A: 1\r\n B\r\nbad\r\nC:\r\n\r\nbody";
  const Sections sections = split_message(message);
  std::string together;
  for (const Field& field : sections.fields) {
    EXPECT_EQ(field.offset, together.size());
    together += field.whole;
  }
  EXPECT_EQ(together, sections.header);
}

TEST(FindField, IgnoresCaseAndTakesTheFirst) {
  const Sections sections = split_message("to: 1\r\nTO: 2\r\n\r\n");
  ASSERT_NE(find_field(sections.fields, "To"), nullptr);
  EXPECT_EQ(find_field(sections.fields, "To")->value, " 1");
  EXPECT_EQ(find_field(sections.fields, "T"), nullptr);
  EXPECT_EQ(count_fields(sections.fields, "tO"), 2U);
  EXPECT_EQ(count_fields(sections.fields, "Cc"), 0U);
}

TEST(Unfold, JoinsLinesAndTrims) {
  EXPECT_EQ(unfold(" a\r\n b\r\n\tc (comment) \r\n"), "a b\tc (comment)");
  EXPECT_EQ(unfold(""), "");
}

TEST(Unfold, LeavesNothingThatCouldEndALine) {
  EXPECT_EQ(unfold("a\rb\nc\r\n d\r"), "a bc d");
}

TEST(FormatDate, IsRfc5322) {
  EXPECT_EQ(format_date(Time(std::chrono::milliseconds(1795499532999))),
            "Tue, 24 Nov 2026 05:52:12 +0000");
  EXPECT_EQ(format_date(Time(std::chrono::seconds(0))), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(format_date(Time(std::chrono::seconds(951782400))), "Tue, 29 Feb 2000 00:00:00 +0000");
}

TEST(IsHeaderSafe, RefusesWhatEndsALine) {
  EXPECT_TRUE(is_header_safe("ann \xc3\xbc\t"));
  EXPECT_FALSE(is_header_safe("a\rb"));
  EXPECT_FALSE(is_header_safe("a\nb"));
  EXPECT_FALSE(is_header_safe("a\0b"s));
}

struct FactsRow {
  std::string name;
  std::string message;
  ContentFacts want;
};

class Inspect : public testing::TestWithParam<FactsRow> {};

TEST_P(Inspect, FindsTheFacts) {
  const ContentFacts facts = inspect(GetParam().message);
  EXPECT_EQ(facts.has_eight_bit_header, GetParam().want.has_eight_bit_header);
  EXPECT_EQ(facts.has_eight_bit_body, GetParam().want.has_eight_bit_body);
  EXPECT_EQ(facts.has_dot_lines, GetParam().want.has_dot_lines);
  EXPECT_EQ(facts.longest_line, GetParam().want.longest_line);
}

INSTANTIATE_TEST_SUITE_P(
    Messages, Inspect,
    testing::Values(
        FactsRow{"Empty", "", {}}, FactsRow{"Plain", "A: b\r\n\r\nhello\r\n", {.longest_line = 5}},
        FactsRow{"EightBitHeader",
                 "A: \xc3\xbc\r\n\r\nx",
                 {.has_eight_bit_header = true, .longest_line = 5}},
        FactsRow{"EightBitBody",
                 "A: b\r\n\r\n\xff\r\n",
                 {.has_eight_bit_body = true, .longest_line = 4}},
        FactsRow{"EightBitWithoutASeparator",
                 "A: b\r\n\xff\r\n",
                 {.has_eight_bit_header = true, .longest_line = 4}},
        FactsRow{"BodyAlone", "\r\n\xff", {.has_eight_bit_body = true, .longest_line = 1}},
        FactsRow{"DotLine", "A: b\r\n\r\nx\r\n.\r\n", {.has_dot_lines = true, .longest_line = 4}},
        FactsRow{"DotAtTheFront", ".A: b\r\n\r\n", {.has_dot_lines = true, .longest_line = 5}},
        FactsRow{"DotInALine", "A: b\r\n\r\nx.y\r\n .\r\n", {.longest_line = 4}},
        FactsRow{
            "LastLineWithoutEnd", "A: b\r\n\r\n" + std::string(999, 'x'), {.longest_line = 999}},
        FactsRow{"LastEightBitByte",
                 "A: b\r\n\r\n" + std::string(1000, 'x') + "\x80",
                 {.has_eight_bit_body = true, .longest_line = 1001}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace postrider::mail
