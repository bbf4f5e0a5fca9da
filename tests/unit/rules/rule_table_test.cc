#include "rules/rule_table.h"

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postrider::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

toml::table table_of(std::string_view text) {
  return parse(text, "mine.toml").value();
}

TEST(RuleTable, HasWhatWasWritten) {
  const toml::table written = table_of(
      "name = 'a'\none = 'x'\nsome = ['x', '']\nasn = [1, 64496]\nis_on = false\nshare = 7\n"
      "after = '90s'");
  RuleTable table(written);
  EXPECT_EQ(table.text("name").value(), "a");
  EXPECT_THAT(table.texts("one").value(), ElementsAre("x"));
  EXPECT_THAT(table.texts("some").value(), ElementsAre("x", ""));
  EXPECT_THAT(table.numbers("asn").value(), ElementsAre(1, 64496));
  EXPECT_EQ(table.flag("is_on").value(), std::optional(false));
  EXPECT_EQ(table.number("share", 1, 7).value(), 7U);
  EXPECT_EQ(table.duration("after").value(), std::chrono::seconds(90));
  EXPECT_TRUE(table.nothing_else());
}

TEST(RuleTable, WhatIsNotThereIsNothing) {
  const toml::table written;
  RuleTable table(written);
  EXPECT_EQ(table.text("k").value(), "");
  EXPECT_THAT(table.texts("k").value(), IsEmpty());
  EXPECT_THAT(table.numbers("k").value(), IsEmpty());
  EXPECT_EQ(table.flag("k").value(), std::nullopt);
  EXPECT_EQ(table.node("k"), nullptr);
  EXPECT_EQ(table.number("k", 1, 2).error().text(), "k is a whole number from 1 to 2");
  EXPECT_FALSE(table.duration("k"));
}

TEST(RuleTable, AKeyThatNobodyAskedForIsAMistake) {
  const toml::table written = table_of("agent = 'a'\nagnet = 'b'");
  RuleTable table(written);
  EXPECT_TRUE(table.text("agent"));
  EXPECT_EQ(table.nothing_else().error().text(), "there is no key 'agnet'");
}

TEST(RuleTable, AnythingElseIsRefusedByName) {
  struct Row {
    const char* written;
    std::function<std::string(RuleTable&)> read;
    const char* says;
  };
  const auto text = [](RuleTable& table) { return table.text("k").error().text(); };
  const auto texts = [](RuleTable& table) { return table.texts("k").error().text(); };
  const auto numbers = [](RuleTable& table) { return table.numbers("k").error().text(); };
  const auto flag = [](RuleTable& table) { return table.flag("k").error().text(); };
  const auto number = [](RuleTable& table) { return table.number("k", 1, 9).error().text(); };
  for (const Row& row : {Row{"k = 1", text, "k is a string that says something"},
                         Row{"k = ''", text, "k is a string that says something"},
                         Row{"k = []", texts, "k is a string or a list of strings"},
                         Row{"k = ['a', 1]", texts, "k is a string or a list of strings"},
                         Row{"k = { a = 'b' }", texts, "k is a string or a list of strings"},
                         Row{"k = [1, 0]", numbers, "k is a list of whole numbers from 1 on"},
                         Row{"k = 1", numbers, "k is a list of whole numbers from 1 on"},
                         Row{"k = 'yes'", flag, "k is true or false"},
                         Row{"k = 10", number, "k is a whole number from 1 to 9"},
                         Row{"k = 1.0", number, "k is a whole number from 1 to 9"}}) {
    const toml::table written = table_of(row.written);
    RuleTable table(written);
    EXPECT_EQ(row.read(table), row.says) << row.written;
  }
}

TEST(RuleTable, MistakesOfTheFileHaveTheirPlace) {
  EXPECT_THAT(parse("a = 1\nb =", "mine.toml").error().text(), testing::StartsWith("mine.toml:2:"));
  const toml::table no_list = table_of("\n[rule]\na = 1");
  EXPECT_EQ(tables_of(no_list, "rule", "mine.toml").error().text(), "mine.toml:2: write [[rule]]");
  const toml::table numbers = table_of("rule = [1]");
  EXPECT_EQ(tables_of(numbers, "rule", "mine.toml").error().text(), "mine.toml:1: write [[rule]]");
  const toml::table two = table_of("[[rule]]\na = 1\n[[rule]]\na = 2");
  EXPECT_EQ(tables_of(two, "rule", "mine.toml")->size(), 2U);
  EXPECT_THAT(tables_of(two, "provider", "mine.toml").value(), IsEmpty());
}

}  // namespace
}  // namespace postrider::rules
