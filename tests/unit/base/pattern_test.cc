#include "base/pattern.h"

#include <gtest/gtest.h>

namespace postrider {
namespace {

TEST(ParsePattern, TakesThreeForms) {
  EXPECT_EQ(*parse_pattern("Example.COM"), "example.com");
  EXPECT_EQ(*parse_pattern("*.Example.com"), "*.example.com");
  EXPECT_EQ(*parse_pattern("*"), "*");
  EXPECT_EQ(*parse_pattern("localhost"), "localhost");
  EXPECT_EQ(*parse_pattern("_x.xn--bcher-kva.example"), "_x.xn--bcher-kva.example");
}

TEST(ParsePattern, RefusesWhatWouldNeverMatch) {
  for (const std::string_view text :
       {"", "*.", "**", "*.*", "*example.com", "a.*.com", "example.com.", ".example.com", "a..b",
        "a b", "a@b.com", "a.com:25", "a.com/x", "a\tb", "a\nb",
        "b\xc3\xbc"
        "cher.example"}) {
    const auto pattern = parse_pattern(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_EQ(pattern.error().code(), Errc::invalid);
  }
}

TEST(PatternMap, TheMostSpecificPatternWins) {
  PatternMap<int> map;
  map.set("*", 0);
  map.set("*.example", 1);
  map.set("*.b.example", 2);
  map.set("b.example", 3);
  EXPECT_EQ(*map.find("other"), 0);
  EXPECT_EQ(*map.find("example"), 0) << "*.example is what lies below";
  EXPECT_EQ(*map.find("a.example"), 1);
  EXPECT_EQ(*map.find("x.a.example"), 1);
  EXPECT_EQ(*map.find("b.example"), 3);
  EXPECT_EQ(*map.find("a.b.example"), 2);
  EXPECT_EQ(*map.find("x.a.b.example"), 2);
  EXPECT_EQ(*map.find("ab.example"), 1) << "a suffix counts by labels";
}

TEST(PatternMap, NothingMatchesWithoutAPattern) {
  PatternMap<int> map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.find("a.example"), nullptr);
  map.set("b.example", 1);
  EXPECT_EQ(map.find("a.example"), nullptr);
  EXPECT_EQ(map.find(""), nullptr);
}

TEST(PatternMap, ASecondValueReplacesTheFirst) {
  PatternMap<int> map;
  map.set("b.example", 1);
  map.set("b.example", 2);
  EXPECT_EQ(*map.find("b.example"), 2);
}

}  // namespace
}  // namespace postrider
