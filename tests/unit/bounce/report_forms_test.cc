// Bounce mails in the forms of many systems, and answers that are none, written with their labels
// before the readers had seen them (data/report_forms.jsonl; all are ours): the rates, and floors
// below which the run fails. docs/bounces.md has what they were at first.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <map>
#include <string>

#include <boost/json.hpp>

#include "base/text.h"
#include "bounce/bounce_report.h"
#include "bounce/charset.h"

namespace postrider::bounce {
namespace {

namespace json = boost::json;

std::string message_of(const json::object& row) {
  if (const json::value* encoded = row.if_contains("message_base64")) {
    return decode_transfer(std::string_view(encoded->as_string()), "base64", 1 << 20);
  }
  return std::string(row.at("message").as_string());
}

bool lists(const json::value& words, std::string_view word) {
  return std::ranges::any_of(words.as_array(), [&](const json::value& one) {
    return std::string_view(one.as_string()) == word;
  });
}

struct Rates {
  int recipients = 0;
  int found = 0;
  int right_action = 0;
  int judged = 0;
  int right_kind = 0;
  int right_category = 0;
  int wrongly_hard = 0;
  std::map<std::string, int> kinds;  ///< "soft taken for block"

  void count(const json::object& expected, const BounceReport& report) {
    const std::string address = lower(std::string_view(expected.at("recipient").as_string()));
    const auto at = std::ranges::find_if(report.recipients, [&](const ReportedRecipient& one) {
      return lower(one.recipient) == address;
    });
    const bool is_found = at != report.recipients.end();
    ++recipients;
    found += is_found ? 1 : 0;
    const std::string_view action(expected.at("action").as_string());
    right_action += is_found && to_string(at->action) == action ? 1 : 0;
    if (!expected.at("kind").is_array()) {
      return;
    }
    const std::string_view kind =
        is_found && at->verdict ? to_string(at->verdict->kind) : std::string_view("nothing");
    const std::string_view category =
        is_found && at->verdict ? to_string(at->verdict->category) : std::string_view();
    ++judged;
    right_kind += lists(expected.at("kind"), kind) ? 1 : 0;
    right_category += lists(expected.at("category"), category) ? 1 : 0;
    wrongly_hard += kind == "hard" && !lists(expected.at("kind"), kind) ? 1 : 0;
    const std::string want(expected.at("kind").as_array().front().as_string());
    ++kinds[want + " taken for " + std::string(kind)];
  }
};

double share(int part, int whole) {
  return static_cast<double>(part) / whole;
}

TEST(ReportForms, AreUnderstood) {
  const Classifier classifier = Classifier::load().value();
  std::ifstream lines(TEST_DATA "/report_forms.jsonl");
  Rates rates;
  int answers = 0;
  for (std::string line; std::getline(lines, line);) {
    const json::object row = json::parse(line).as_object();
    const std::string name(row.at("name").as_string());
    BounceReport report = read_bounce(message_of(row));
    judge(report, classifier);
    const bool is_answer = row.at("autoreply").as_bool();
    EXPECT_EQ(report.autoreply, is_answer) << name;
    EXPECT_EQ(report.recipients.size(), row.at("recipients").as_array().size()) << name;
    answers += is_answer ? 1 : 0;
    for (const json::value& expected : row.at("recipients").as_array()) {
      rates.count(expected.as_object(), report);
    }
  }
  std::cout << rates.found << " of " << rates.recipients << " recipients found, "
            << rates.right_action << " with the right action; of " << rates.judged << " "
            << rates.right_kind << " right kinds, " << rates.right_category << " right categories, "
            << rates.wrongly_hard << " wrongly hard; " << answers << " answers\n";
  for (const auto& [what, count] : rates.kinds) {
    std::cout << "    " << what << ": " << count << "\n";
  }
  EXPECT_GT(rates.judged, 200);
  EXPECT_GT(answers, 25);
  EXPECT_GE(share(rates.found, rates.recipients), 0.99);
  EXPECT_GE(share(rates.right_action, rates.recipients), 0.99);
  EXPECT_GE(share(rates.right_kind, rates.judged), 0.96);
  EXPECT_GE(share(rates.right_category, rates.judged), 0.94);
  EXPECT_LE(rates.wrongly_hard, 1);
}

}  // namespace
}  // namespace postrider::bounce
