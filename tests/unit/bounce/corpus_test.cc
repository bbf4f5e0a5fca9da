// Replies that others have labelled: the rates, printed, and floors that fail the run. They lie
// beside the tree (../shared/corpus), or where POSTRIDER_CORPUS says; where they are missing the
// test is skipped.
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>

#include <boost/json.hpp>

#include "bounce/classifier.h"

namespace postrider::bounce {
namespace {

namespace json = boost::json;

std::filesystem::path corpus() {
  const char* told = std::getenv("POSTRIDER_CORPUS");
  return told != nullptr ? std::filesystem::path(told)
                         : (std::filesystem::path(TEST_DATA) / "../../../../../shared/corpus")
                               .lexically_normal();
}

std::string text_of(const json::object& row, const char* name) {
  const json::value& value = row.at(name);
  return value.is_string() ? std::string(value.as_string()) : std::string();
}

bool is_among(const json::value& wanted, std::string_view word) {
  for (const json::value& one : wanted.as_array()) {
    if (one.as_string() == json::string_view(word.data(), word.size())) {
      return true;
    }
  }
  return false;
}

struct Rates {
  int rows = 0;
  int kinds = 0;
  int categories = 0;
  int wrongly_hard = 0;
  std::map<std::string, std::map<std::string, int>> confusion;  ///< wanted kind, then ours
};

void count(Rates& rates, const json::object& row, const Verdict& verdict) {
  if (row.at("kind").is_null()) {
    return;
  }
  ++rates.rows;
  const bool right = is_among(row.at("kind"), to_string(verdict.kind));
  const bool right_category = is_among(row.at("category"), to_string(verdict.category));
  rates.kinds += right;
  rates.categories += right_category;
  rates.wrongly_hard += !is_among(row.at("kind"), "hard") && verdict.kind == Kind::hard;
  const std::string ours(to_string(verdict.kind));
  const std::string wanted(row.at("kind").as_array().at(0).as_string());
  ++rates.confusion[right ? ours : wanted][ours];
  if (!right || !right_category) {
    fmt::print("  {} {} by {}: {}\n", to_string(verdict.kind), to_string(verdict.category),
               verdict.rule, text_of(row, "text").substr(0, 100));
  }
}

Rates judge(const std::filesystem::path& file) {
  const Classifier classifier = Classifier::load().value();
  Rates rates;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const json::value parsed = json::parse(line);
    const json::object& row = parsed.as_object();
    const std::string enhanced = text_of(row, "enhanced");
    const std::string text = text_of(row, "text");
    const std::string mx = text_of(row, "mx");
    const std::string phase = text_of(row, "phase");
    const json::value& code = row.at("code");
    count(rates, row,
          classifier.classify({.code = code.is_int64() ? static_cast<int>(code.as_int64()) : 0,
                               .enhanced = enhanced,
                               .text = text,
                               .mx = mx,
                               .provider = {},
                               .phase = phase}));
  }
  return rates;
}

void print(const Rates& rates) {
  fmt::print("  kind {}/{}, category {}/{}, wrongly hard {}\n  labelled  as judged\n", rates.kinds,
             rates.rows, rates.categories, rates.rows, rates.wrongly_hard);
  for (const auto& [wanted, ours] : rates.confusion) {
    fmt::print("  {:9}", wanted);
    for (const auto& [kind, number] : ours) {
      fmt::print(" {} {}", kind, number);
    }
    fmt::print("\n");
  }
}

void expect_rates(const std::string& name, double kinds, double categories) {
  const std::filesystem::path file = corpus() / name;
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "no corpus beside the tree";
  }
  const Rates rates = judge(file);
  print(rates);
  ASSERT_GT(rates.rows, 100);
  EXPECT_GE(rates.kinds, kinds * rates.rows);
  EXPECT_GE(rates.categories, categories * rates.rows);
  EXPECT_EQ(rates.wrongly_hard, 0);
}

TEST(Corpus, RepliesAreJudgedAsLabelled) {
  expect_rates("replies.jsonl", 0.98, 0.97);
}

TEST(Corpus, RepliesOfOthersAreJudgedAsLabelled) {
  expect_rates("more/replies-more.jsonl", 0.99, 0.98);
}

}  // namespace
}  // namespace postrider::bounce
