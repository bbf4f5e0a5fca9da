// Reports in the forms of many systems, in the languages and character sets that they come in,
// answers that are none, and what becomes of a report on its way (data/reports.jsonl). All are
// ours.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

#include <boost/json.hpp>

#include "bounce/bounce_report.h"
#include "bounce/feedback_report.h"

namespace postrider::bounce {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& row, const char* name) {
  return std::string(row.at(name).as_string());
}

/// Null: mail that arrived has no verdict.
bool allows(const json::value& words, std::string_view word) {
  return words.is_null() ? word.empty()
                         : std::ranges::any_of(words.as_array(), [&](const json::value& one) {
                             return std::string_view(one.as_string()) == word;
                           });
}

void expect_recipient(const json::object& expected, const BounceReport& report) {
  const std::string address = text_at(expected, "recipient");
  SCOPED_TRACE(address);
  const auto found = std::ranges::find(report.recipients, address, &ReportedRecipient::recipient);
  ASSERT_NE(found, report.recipients.end());
  EXPECT_EQ(to_string(found->action), text_at(expected, "action"));
  const auto& verdict = found->verdict;
  EXPECT_TRUE(allows(expected.at("kind"), verdict ? to_string(verdict->kind) : ""))
      << to_string(verdict.value_or(Verdict{}).kind) << ": " << found->text;
  EXPECT_TRUE(allows(expected.at("category"), verdict ? to_string(verdict->category) : ""))
      << to_string(verdict.value_or(Verdict{}).category) << ": " << found->text;
}

TEST(Reports, AreReadInTheirManyForms) {
  const Classifier classifier = Classifier::load().value();
  std::ifstream lines(TEST_DATA "/reports.jsonl");
  int rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    const json::object row = json::parse(line).as_object();
    SCOPED_TRACE(text_at(row, "name"));
    BounceReport report = read_bounce(text_at(row, "message"));
    judge(report, classifier);
    EXPECT_EQ(report.autoreply, row.at("autoreply").as_bool());
    EXPECT_EQ(report.recipients.size(), row.at("recipients").as_array().size());
    for (const json::value& expected : row.at("recipients").as_array()) {
      expect_recipient(expected.as_object(), report);
    }
  }
  EXPECT_GT(rows, 70);
}

TEST(Reports, AReasonMayStandBehindALineThatLeadsOn) {
  const BounceReport report = read_bounce(
      "From: postmaster@example.net\nSubject: DELIVERY FAILURE\n\nYour message\n\nwas not "
      "delivered to:\n\n  ann@example.net\n\nbecause:\n\n  nobody of that name works "
      "here\n\nBye\n");
  ASSERT_EQ(report.recipients.size(), 1U);
  EXPECT_EQ(report.recipients.front().text, "because: nobody of that name works here");
}

TEST(Complaints, AreReadInTheirManyForms) {
  std::ifstream lines(TEST_DATA "/complaints.jsonl");
  int rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    const json::object row = json::parse(line).as_object();
    SCOPED_TRACE(text_at(row, "name"));
    const FeedbackReport report = read_feedback(text_at(row, "message"));
    const auto expect = [&](const char* name, const std::string& got) {
      if (row.contains(name)) {
        EXPECT_EQ(got, text_at(row, name)) << name;
      }
    };
    expect("feedback_type", report.feedback_type);
    expect("recipient", report.recipient);
    expect("source_ip", report.source_ip);
    expect("message_id", report.message_id);
    expect("own_id", report.own_id);
  }
  EXPECT_GT(rows, 30);
}

}  // namespace
}  // namespace postrider::bounce
