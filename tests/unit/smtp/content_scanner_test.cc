#include "smtp/content_scanner.h"

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace postrider::smtp {
namespace {

using State = ContentScanner::State;

struct Outcome {
  State state;
  std::size_t used;
  std::string content;

  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& o) {
  return out << "state " << static_cast<int>(o.state) << ", used " << o.used << ", '" << o.content
             << "'";
}

Outcome scan(const std::vector<std::string_view>& pieces, std::uint64_t bytes_max = 1 << 20) {
  ContentScanner scanner(bytes_max);
  std::size_t used = 0;
  for (const std::string_view piece : pieces) {
    used += scanner.feed(piece);
  }
  const State state = scanner.state();
  return {state, used, state == State::complete ? scanner.take() : ""};
}

/// The rule of RFC 5321 a byte at a time and over the whole: what the scanner must agree with.
Outcome reference(std::string_view input) {
  std::string content;
  bool line_start = true;
  for (std::size_t i = 0; i < input.size();) {
    if (line_start && input.substr(i, 3) == ".\r\n") {
      return {State::complete, i + 3, content};
    }
    if (line_start && input[i] == '.') {
      line_start = false;
      ++i;
      if (i == input.size()) {
        break;
      }
      if (input[i] == '\r' && i + 1 == input.size()) {
        break;  // CRLF may follow
      }
      continue;
    }
    line_start = false;
    if (input[i] == '\n') {
      return {State::bare_ending, i + 1, ""};
    }
    if (input[i] == '\r') {
      if (i + 1 == input.size()) {
        break;
      }
      if (input[i + 1] != '\n') {
        return {State::bare_ending, i + 2, ""};
      }
      content += "\r\n";
      i += 2;
      line_start = true;
      continue;
    }
    content.push_back(input[i++]);
  }
  return {State::more, input.size(), ""};
}

struct Row {
  const char* name;
  std::string input;
  Outcome outcome;
};

const std::string kLong = std::string(150, 'x') + "\r\n";

const std::vector<Row> kRows{
    {"EmptyMessage", ".\r\n", {State::complete, 3, ""}},
    {"OneLine", "a\r\n.\r\n", {State::complete, 6, "a\r\n"}},
    {"StuffedDotIsTakenOut", "..\r\n.\r\n", {State::complete, 7, ".\r\n"}},
    {"DotBeforeTextIsTakenOut", ".a\r\n.\r\n", {State::complete, 7, "a\r\n"}},
    {"DotsWithinALineStay", "a.b..\r\n.\r\n", {State::complete, 10, "a.b..\r\n"}},
    {"EmptyLinesStay", "\r\n\r\n.\r\n", {State::complete, 7, "\r\n\r\n"}},
    {"WhatFollowsIsNotTaken", "a\r\n.\r\nQUIT\r\n", {State::complete, 6, "a\r\n"}},
    {"LongLine", kLong + ".\r\n", {State::complete, 155, kLong}},
    {"LineEndAtTheBlockBorder",
     std::string(63, 'x') + "\r\n..y\r\n.\r\n",
     {State::complete, 73, std::string(63, 'x') + "\r\n.y\r\n"}},
    {"NoEnd", "a\r\n.", {State::more, 4, ""}},
    {"BareLf", "a\nb\r\n.\r\n", {State::bare_ending, 2, ""}},
    {"BareCr", "a\rb\r\n.\r\n", {State::bare_ending, 3, ""}},
    {"LfDotLf", "a\n.\n", {State::bare_ending, 2, ""}},
    {"LfDotCrlf", "a\n.\r\n", {State::bare_ending, 2, ""}},
    {"CrlfDotLf", "a\r\n.\n", {State::bare_ending, 5, ""}},
    {"CrDotCr", "a\r.\r", {State::bare_ending, 3, ""}},
    {"CrlfDotCr", "a\r\n.\rb", {State::bare_ending, 6, ""}},
    {"CrDotCrlf", "a\r.\r\n", {State::bare_ending, 3, ""}},
    {"CrCrlf", "a\r\r\n.\r\n", {State::bare_ending, 3, ""}},
    {"CrlfDotCrCrlf", "a\r\n.\r\r\n", {State::bare_ending, 6, ""}},
    {"LfFirst", "\n.\r\n", {State::bare_ending, 1, ""}},
    {"LfInTheSecondBlock", kLong + "ab\ncd\r\n.\r\n", {State::bare_ending, 155, ""}},
    {"BareCrAtTheBlockBorder", std::string(63, 'x') + "\rb\r\n.\r\n", {State::bare_ending, 65, ""}},
};

TEST(ContentScanner, TableHoldsHoweverTheInputIsCutInTwo) {
  for (const Row& row : kRows) {
    EXPECT_EQ(reference(row.input), row.outcome) << row.name;
    for (std::size_t cut = 0; cut <= row.input.size(); ++cut) {
      const std::string_view input = row.input;
      EXPECT_EQ(scan({input.substr(0, cut), input.substr(cut)}), row.outcome)
          << row.name << ", cut at " << cut;
    }
  }
}

TEST(ContentScanner, TableHoldsByteByByte) {
  for (const Row& row : kRows) {
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < row.input.size(); ++i) {
      bytes.push_back(std::string_view(row.input).substr(i, 1));
    }
    EXPECT_EQ(scan(bytes), row.outcome) << row.name;
  }
}

// Random mixtures of what matters, around the borders of blocks.
TEST(ContentScanner, AgreesWithTheRuleOnRandomInput) {
  std::mt19937 random(20240229);
  const std::vector<std::string> words{"\r\n",      "\r\n",
                                       "\r\n",      ".",
                                       "a",         std::string(61, 'b'),
                                       "\r\n.",     "..",
                                       "\r\n.\r\n", std::string(64, 'c')};
  for (int round = 0; round < 20000; ++round) {
    std::string input;
    for (unsigned n = random() % 12; n > 0; --n) {
      input += words[random() % words.size()];
    }
    if (random() % 4 == 0 && !input.empty()) {
      input[random() % input.size()] = random() % 2 == 0 ? '\r' : '\n';
    }
    const std::string_view all = input;
    const std::size_t cut = random() % (input.size() + 1);
    ASSERT_EQ(scan({all.substr(0, cut), all.substr(cut)}), reference(input))
        << testing::PrintToString(input) << " cut at " << cut;
  }
}

TEST(ContentScanner, OfATooLongMessageTheEndIsFoundAndNothingKept) {
  ContentScanner scanner(10);
  const std::string input = "0123456789\r\n.\r\nQUIT\r\n";
  EXPECT_EQ(scanner.feed(input), 15U);
  EXPECT_EQ(scanner.state(), State::complete);
  EXPECT_TRUE(scanner.is_too_long());
  EXPECT_EQ(scanner.bytes(), 12U);
  EXPECT_EQ(scanner.take(), "");
}

TEST(ContentScanner, AMessageOfExactlyTheLimitPasses) {
  ContentScanner scanner(12);
  scanner.feed("0123456789\r\n.\r\n");
  EXPECT_FALSE(scanner.is_too_long());
  EXPECT_EQ(scanner.take(), "0123456789\r\n");
}

}  // namespace
}  // namespace postrider::smtp
