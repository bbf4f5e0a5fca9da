// What servers and providers say, by whom, and what we take it for (data/*.jsonl).
//
// The lists were written from their documents and from knowing them, each row with its labels
// before any rule had seen it, and then the rules were mended: so they keep what is understood from
// being lost, and are no measure of what is not in them. How each part of them was judged at first
// sight stands in docs/bounces.md.
#include <fstream>
#include <gtest/gtest.h>
#include <string>

#include <boost/json.hpp>

#include "bounce/classifier.h"

namespace postrider::bounce {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& row, const char* name) {
  const json::value* value = row.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// Any of the words is right; a row without them doesn't say.
bool allows(const json::object& row, const char* name, std::string_view word) {
  const json::value* words = row.if_contains(name);
  return words == nullptr || std::ranges::any_of(words->as_array(), [&](const json::value& one) {
           return std::string_view(one.as_string()) == word;
         });
}

Verdict judged(const Classifier& classifier, const json::object& row) {
  const std::string text = text_of(row, "text");
  const std::string mx = text_of(row, "mx");
  const std::string phase = text_of(row, "phase");
  const json::value* code = row.if_contains("code");
  return classifier.classify({.code = code != nullptr ? static_cast<int>(code->as_int64()) : 0,
                              .enhanced = {},
                              .text = text,
                              .mx = mx,
                              .provider = {},
                              .phase = phase});
}

struct List {
  std::string name;
  int rows = 0;  ///< at least
};

class Wordings : public testing::TestWithParam<List> {};

TEST_P(Wordings, AreTakenForWhatTheyMean) {
  const Classifier classifier = Classifier::load().value();
  std::ifstream lines(std::string(TEST_DATA) + "/" + GetParam().name + ".jsonl");
  int rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    const json::object row = json::parse(line).as_object();
    const Verdict verdict = judged(classifier, row);
    const bool is_right = allows(row, "kind", to_string(verdict.kind)) &&
                          allows(row, "category", to_string(verdict.category)) &&
                          allows(row, "retry", to_string(verdict.retry));
    EXPECT_TRUE(is_right) << text_of(row, "who") << ": " << text_of(row, "text")
                          << "\n  is taken for " << to_string(verdict.kind) << ", "
                          << to_string(verdict.category) << ", retry " << to_string(verdict.retry)
                          << " by " << verdict.rule;
    EXPECT_FALSE(verdict.suppress && !allows(row, "kind", "hard")) << text_of(row, "text");
  }
  EXPECT_GE(rows, GetParam().rows);
}

// `providers`: what each provider means by "later", by "stop and mend", and by "slower".
// `not_hard`: words of a dead address in what is said of us, each with a twin that means it.
INSTANTIATE_TEST_SUITE_P(Lists, Wordings,
                         testing::Values(List{"wordings", 2760}, List{"providers", 190},
                                         List{"not_hard", 100}),
                         [](const testing::TestParamInfo<List>& list) { return list.param.name; });

}  // namespace
}  // namespace postrider::bounce
