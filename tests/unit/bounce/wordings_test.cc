// What servers and providers say, by whom, and what we take it for (data/wordings.jsonl).
//
// The list was written from their documents and from knowing them, each row with its labels before
// any rule had seen it, and then the rules were mended: so it keeps what is understood from being
// lost, and is no measure of what is not in it. How each part of it was judged at first sight
// stands in docs/bounces.md.
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

TEST(Wordings, AreTakenForWhatTheyMean) {
  const Classifier classifier = Classifier::load().value();
  std::ifstream lines(TEST_DATA "/wordings.jsonl");
  int rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    const json::object row = json::parse(line).as_object();
    const std::string text = text_of(row, "text");
    const std::string phase = text_of(row, "phase");
    const json::value* code = row.if_contains("code");
    const Verdict verdict =
        classifier.classify({.code = code != nullptr ? static_cast<int>(code->as_int64()) : 0,
                             .enhanced = {},
                             .text = text,
                             .mx = {},
                             .provider = {},
                             .phase = phase});
    const bool is_right = allows(row, "kind", to_string(verdict.kind)) &&
                          allows(row, "category", to_string(verdict.category)) &&
                          allows(row, "retry", to_string(verdict.retry));
    EXPECT_TRUE(is_right) << text_of(row, "who") << ": " << text << "\n  is taken for "
                          << to_string(verdict.kind) << ", " << to_string(verdict.category)
                          << " by " << verdict.rule;
  }
  EXPECT_GT(rows, 1000);
}

}  // namespace
}  // namespace postrider::bounce
