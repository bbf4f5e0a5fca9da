#include "bounce/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postrider::bounce {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kGood = R"(
[[provider]]
name = "example"
mx = ["mx.example.com"]

[[rule]]
id = "mine"
match = ['go away', "not today"]
provider = "example"
code = [550, "4xx", "55x"]
enhanced = ["5.7.", "5.1.1"]
phase = ["rcpt", "dot"]
category = "policy"
retry = "later"
confidence = 0.5
sample = ["550 go away", { text = "not today", code = 451, mx = "mx.example.com" }]
source = "seen on Monday"
)";

TEST(RuleFile, HasWhatWasWritten) {
  const auto file = parse_rules(kGood, "mine.toml");
  ASSERT_TRUE(file) << file.error().text();
  ASSERT_EQ(file->rules.size(), 1U);
  const Rule& rule = file->rules[0];
  EXPECT_EQ(rule.id, "mine");
  EXPECT_THAT(rule.patterns, ElementsAre("go away", "not today"));
  ASSERT_EQ(rule.codes.size(), 3U);
  EXPECT_EQ(rule.codes[1].first, 400);
  EXPECT_EQ(rule.codes[1].last, 499);
  EXPECT_EQ(rule.codes[2].first, 550);
  EXPECT_EQ(rule.codes[2].last, 559);
  EXPECT_THAT(rule.phases, ElementsAre(Phase::rcpt, Phase::data));
  EXPECT_EQ(rule.kind, Kind::block);
  EXPECT_EQ(rule.retry, Retry::later);
  EXPECT_FALSE(rule.suppress);
  EXPECT_EQ(rule.confidence, 0.5);
  ASSERT_EQ(rule.samples.size(), 2U);
  EXPECT_EQ(rule.samples[1].code, 451);
  EXPECT_EQ(rule.line, 6U);
  ASSERT_EQ(file->providers.size(), 1U);
  EXPECT_THAT(file->providers[0].hosts, ElementsAre("mx.example.com"));
}

TEST(RuleFile, AnyPhaseIsNoConditionButKnowsBeforeRcpt) {
  std::string text = kGood;
  const std::string phase = "phase = [\"rcpt\", \"dot\"]";
  text.replace(text.find(phase), phase.size(), "phase = \"any\"");
  const auto file = parse_rules(text, "mine.toml");
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_TRUE(file->rules[0].phases.empty());
  EXPECT_TRUE(file->rules[0].is_for_any_phase);
  EXPECT_FALSE(parse_rules(kGood, "mine.toml")->rules[0].is_for_any_phase);
}

TEST(RuleFile, AHardBounceSuppressesUnlessItSaysOtherwise) {
  const std::string rule =
      "[[rule]]\nid='a'\nmatch='gone'\ncategory='no-such-mailbox'\nsample='gone'\nsource='x'\n";
  EXPECT_TRUE(parse_rules(rule, "f")->rules[0].suppress);
  EXPECT_FALSE(parse_rules(rule + "suppress=false\n", "f")->rules[0].suppress);
}

struct Mistake {
  std::string name;
  std::string replaced;
  std::string by;
  std::string what;
};

class WrongRule : public testing::TestWithParam<Mistake> {};

TEST_P(WrongRule, IsRefusedAtItsLine) {
  std::string text = kGood;
  const auto at = text.find(GetParam().replaced);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, GetParam().replaced.size(), GetParam().by);
  const auto file = parse_rules(text, "mine.toml");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), Errc::invalid);
  EXPECT_THAT(file.error().text(), HasSubstr("mine.toml:"));
  EXPECT_THAT(file.error().text(), HasSubstr(GetParam().what));
}

INSTANTIATE_TEST_SUITE_P(
    Files, WrongRule,
    testing::Values(
        Mistake{"Syntax", "[[rule]]", "[[rule", "mine.toml:6"},
        Mistake{"UnknownKey", "retry =", "retyr =", "'retyr'"},
        Mistake{"UnknownList", "[[provider]]", "[[providers]]", "'providers'"},
        Mistake{"NoId", "id = \"mine\"", "", "no id"},
        Mistake{"NoSource", "source = \"seen on Monday\"", "", "no source"},
        Mistake{"NoSample",
                "sample = [\"550 go away\", { text = \"not today\", code = 451, mx = "
                "\"mx.example.com\" }]",
                "sample = []", "no sample"},
        Mistake{"UnknownCategory", "\"policy\"", "\"polity\"", "'polity'"},
        Mistake{"UnknownPhase", "\"dot\"", "\"dash\"", "'dash'"},
        Mistake{"WrongCode", "\"55x\"", "\"5x5\"", "'5x5'"},
        Mistake{"WrongEnhanced", "\"5.7.\"", "\"2.0.0\"", "'2.0.0'"},
        Mistake{"WrongRetry", "\"later\"", "\"perhaps\"", "'perhaps'"},
        Mistake{"Confidence", "confidence = 0.5", "confidence = 5", "from 0 to 1"},
        Mistake{"HardForReputation", "confidence = 0.5", "kind = \"hard\"", "never a hard bounce"},
        Mistake{"SuppressForPolicy", "confidence = 0.5", "suppress = true", "only hard bounces"},
        Mistake{"TwoOfOneName", "[[provider]]",
                "[[rule]]\nid=\"mine\"\nmatch=\"abc\"\ncategory=\"policy\"\nsample=\"abc\"\n"
                "source=\"x\"\n[[provider]]",
                "a second rule 'mine'"}),
    [](const testing::TestParamInfo<Mistake>& mistake) { return mistake.param.name; });

TEST(RuleFile, ARuleThatWouldMatchEverythingIsRefused) {
  const auto file =
      parse_rules("[[rule]]\nid='a'\ncategory='policy'\nsample='x'\nsource='y'\n", "f");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().text(), HasSubstr("would match everything"));
}

}  // namespace
}  // namespace postrider::bounce
