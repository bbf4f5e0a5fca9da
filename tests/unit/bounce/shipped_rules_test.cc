// The shipped rules keep what they promise: each sample is judged by its own rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bounce/classifier.h"
#include "bounce/rule_check.h"
#include "bounce/rule_file.h"

namespace postrider::bounce {
namespace {

TEST(ShippedRules, EachHasASampleThatItJudgesAndASource) {
  const Classifier classifier = Classifier::load().value();
  ASSERT_GT(classifier.rules().size(), 250U);
  for (const Rule& rule : classifier.rules()) {
    EXPECT_FALSE(rule.samples.empty()) << rule.id;
    EXPECT_FALSE(rule.source.empty()) << rule.id;
  }
  for (const MissedSample& missed : missed_samples(classifier, classifier.rules().size())) {
    ADD_FAILURE() << to_string(missed);
  }
}

TEST(ShippedRules, NoneThatIsAboutUsIsHardOrSuppresses) {
  const Classifier classifier = Classifier::load().value();
  for (const Rule& rule : classifier.rules()) {
    if (is_about_sender(rule.category)) {
      EXPECT_NE(rule.kind, Kind::hard) << rule.id;
      EXPECT_FALSE(rule.suppress) << rule.id;
    }
  }
}

TEST(ShippedRules, AreInTheLanguagesThatWeSpeak) {
  const Classifier classifier = Classifier::load().value();
  for (const std::string language : {"fr", "de", "es", "it", "pt", "nl", "pl", "ru", "ja", "zh"}) {
    EXPECT_TRUE(std::ranges::any_of(classifier.rules(), [&](const Rule& rule) {
      return rule.id == language + "-no-such-mailbox";
    })) << language;
  }
}

}  // namespace
}  // namespace postrider::bounce
