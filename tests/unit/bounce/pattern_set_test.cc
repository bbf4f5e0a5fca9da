#include "bounce/pattern_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bounce/normal_form.h"

namespace postrider::bounce {
namespace {

using testing::HasSubstr;

bool matches(std::string_view pattern, std::string_view text) {
  PatternSet set;
  const auto id = set.add(pattern);
  EXPECT_TRUE(id) << (id ? "" : id.error().text());
  set.compile();
  std::string normal;
  normalise(text, text.size(), 0, {}, normal);
  PatternSet::Scratch scratch;
  set.look(normal, scratch);
  return testing::Value(scratch.candidates, testing::Contains(*id)) && set.matches(*id, normal);
}

TEST(PatternSet, MatchesAnywhereInAnyCase) {
  EXPECT_TRUE(matches("User (Unknown|not found)", "550 the USER  unknown, sorry"));
  EXPECT_FALSE(matches("User (Unknown|not found)", "550 the user is known"));
}

TEST(PatternSet, AnAccentIsFoundWhereItIsLost) {
  for (const char* text : {"Boîte pleine", "boite pleine", "bo?te pleine", "bo\xEEte pleine",
                           "bo\xEF\xBF\xBDte pleine", "bo\xC3?te pleine"}) {
    EXPECT_TRUE(matches("boîte pleine", text)) << text;
  }
  EXPECT_TRUE(matches("überschritten", "quota ueberschritten"));
  EXPECT_TRUE(matches("Überschritten", "quota überschritten"));
  EXPECT_FALSE(matches("boîte pleine", "botte pleine"));
}

TEST(PatternSet, ATildeStaysInItsSentence) {
  EXPECT_TRUE(matches("mailbox~full", "the mailbox of mx.example.com is full"));
  EXPECT_FALSE(matches("mailbox~full", "no such mailbox. See the full list"));
}

TEST(PatternSet, EscapesAreLeftAlone) {
  EXPECT_EQ(expression_of("A\\S\\D[É-]~"), "a\\S\\D[e-](?:[^.]|\\.[^ ])*");
}

TEST(PatternSet, RefusesWhatWouldBeSlowOrMatchEverything) {
  struct Row {
    std::string pattern;
    std::string what;
  };
  for (const Row& row : {Row{"(open", "missing"}, Row{"a(?=b)", "invalid"},
                         Row{"full.{0,900}mailbox", "too large"}, Row{".*", "fixed characters"},
                         Row{"user|.*", "fixed characters"}, Row{"[0-9]+", "fixed characters"}}) {
    PatternSet set;
    const auto id = set.add(row.pattern);
    ASSERT_FALSE(id) << row.pattern;
    EXPECT_EQ(id.error().code(), Errc::invalid);
    EXPECT_THAT(id.error().text(), HasSubstr(row.what));
  }
}

TEST(PatternSet, TriesOnlyPatternsWhoseWordsAreThere) {
  PatternSet set;
  ASSERT_TRUE(set.add("mailbox~full"));
  ASSERT_TRUE(set.add("user unknown"));
  set.compile();
  PatternSet::Scratch scratch;
  set.look("a mailbox that is empty", scratch);
  EXPECT_TRUE(scratch.candidates.empty());
  set.look("user unknown", scratch);
  EXPECT_EQ(scratch.candidates, std::vector{1});
}

}  // namespace
}  // namespace postrider::bounce
