#include "bounce/required_words.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "bounce/normal_form.h"
#include "bounce/pattern_set.h"
#include "bounce/rule_file.h"

namespace postrider::bounce {
namespace {

struct Row {
  const char* name;
  const char* expression;
  std::vector<Needs> want;
};

class RequiredWords : public testing::TestWithParam<Row> {};

TEST_P(RequiredWords, AreThoseWithoutWhichNothingMatches) {
  EXPECT_EQ(required_words(GetParam().expression), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Expressions, RequiredWords,
    testing::Values(
        Row{"Word", "user unknown", {{{"user unknown"}}}},
        Row{"Alternatives", "full|quota", {{{"full", "quota"}}}},
        Row{"Optional", "mail ?box", {{{"mail box", "mailbox"}}}},
        Row{"OfWhichOneContainsTheOther", "quota|over quota", {{{"quota"}}}},
        Row{"Gap", "mailbox.*full", {{{"mailbox"}, {"full"}}}},
        Row{"GapInOneOfThem", "mailbox.*full|disk", {{{"disk"}}, {{"mailbox"}, {"full"}}}},
        Row{"Repeated", "(no )+such", {{{"such"}, {"no "}}}},
        Row{"NotAtAll", "(no )*such(user){0,2}", {{{"such"}}}},
        Row{"Counted", "(no ){2,3}such", {{{"such"}, {"no "}}}},
        Row{"SmallClass", "authori[sz]ed", {{{"authorised", "authorized"}}}},
        Row{"LargeClass", "user[a-z ]*unknown", {{{"unknown"}, {"user"}}}},
        Row{"ClassThatIsNegated", "to[^sz]do", {{{"do"}, {"to"}}}},
        Row{"ClassWithABracket", "ab[]x]cd", {{{"ab]cd", "abxcd"}}}},
        Row{"ZeroWidth", "^\\bno\\b such$", {{{"no such"}}}},
        Row{"Escapes", "5\\.1\\.1 \\d+ex", {{{"5.1.1 "}, {"ex"}}}},
        Row{"Hexadecimal", "ab\\x27cd\\x{263a}ef", {{{"ab"}, {"cd"}, {"ef"}}}},
        Row{"Groups", "(?:a|(?i)b)c(?P<n>de)", {{{"acde", "bcde"}}}},
        Row{"LetterOfTwoBytes", "\xD0\xB4?an", {{{"an"}}}},
        Row{"BraceThatIsNone", "a{b}c", {{{"a{b}c"}}}}, Row{"TooShort", "a.*b", {{}}},
        Row{"NothingInOneOfThem", "user|.*", {{}, {{"user"}}}},
        Row{"Quotation", "\\Qa+b\\E", {{}}}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

TEST(RequiredWords, OfAMillionAlternativesAreBounded) {
  std::string expression;
  for (int i = 0; i < 12; ++i) {
    expression += "(ab|cd.*|ef|gh+|ij)";
  }
  const auto ways = required_words(expression);
  EXPECT_LE(ways.size(), 100U);
  EXPECT_TRUE(
      std::ranges::all_of(ways, [](const Needs& needs) { return needs.size() <= kNeedsMost; }));
}

/// The whole point: what is not asked would not have matched. With the shipped rules and texts.
TEST(RequiredWords, LeaveOutNoPatternThatMatches) {
  const RuleFile file = parse_rules(shipped_rules(), "bounce-rules.toml").value();
  PatternSet set;
  int patterns = 0;
  std::vector<std::string> texts;
  for (const Rule& rule : file.rules) {
    for (const std::string& pattern : rule.patterns) {
      ASSERT_TRUE(set.add(pattern));
      ++patterns;
    }
    texts.push_back(rule.samples.front().text);
  }
  set.compile();
  PatternSet::Scratch scratch;
  int matched = 0;
  for (std::size_t i = 0; i < texts.size(); i += 5) {
    std::string normal;
    normalise(texts[i], texts[i].size(), 0, {}, normal);
    set.look(normal, scratch);
    for (int id = 0; id < patterns; ++id) {
      const bool is_asked = std::ranges::binary_search(scratch.candidates, id);
      const bool matches = set.matches(id, normal);
      matched += matches;
      ASSERT_TRUE(is_asked || !matches) << id << ": " << normal;
    }
  }
  EXPECT_GT(matched, 60);
}

}  // namespace
}  // namespace postrider::bounce
