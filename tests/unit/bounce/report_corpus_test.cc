// Real bounces and complaints with labels: the rates, and floors below which the run fails.
//
// The corpus lies beside the tree and isn't part of it; without it these tests are skipped. Its own
// README says what the columns mean: `kind` and `category` list every right answer, null is not
// judged.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/read_file.h"
#include "base/text.h"
#include "bounce/bounce_report.h"
#include "bounce/feedback_report.h"

namespace postrider::bounce {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

/// Empty if there is none beside any folder above us.
fs::path corpus() {
  for (fs::path at = fs::path(TEST_DATA); at != at.root_path(); at = at.parent_path()) {
    if (fs::exists(at / "shared/corpus/bounces.jsonl")) {
      return at / "shared/corpus";
    }
  }
  return {};
}

std::vector<json::value> read_rows(const fs::path& path) {
  std::vector<json::value> rows;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    rows.push_back(json::parse(line));
  }
  return rows;
}

std::string text_at(const json::value& row, const char* name) {
  const json::value* found = row.as_object().if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

bool lists(const json::value& row, const char* name, std::string_view word) {
  const json::value& list = row.at(name);
  return list.is_array() && std::ranges::any_of(list.as_array(), [&](const json::value& one) {
           return std::string_view(one.as_string()) == word;
         });
}

struct Rate {
  int right = 0;
  int of = 0;

  void count(bool is_right) {
    right += is_right ? 1 : 0;
    ++of;
  }
  double share() const { return of == 0 ? 1 : static_cast<double>(right) / of; }
};
std::ostream& operator<<(std::ostream& out, const Rate& rate) {
  return out << rate.right << " of " << rate.of << " (" << 100 * rate.share() << "%)";
}

struct Rates {
  Rate found;
  Rate kind;
  Rate category;
  Rate not_hard;  // where hard is wrong
  std::map<std::string, int> confused;

  void judge(const json::value& expected, const BounceReport& report) {
    const ReportedRecipient* got = nullptr;
    const std::string address = text_at(expected, "recipient");
    if (address.empty()) {
      got = report.recipients.empty() ? nullptr : &report.recipients.front();
    } else {
      const auto at = std::ranges::find_if(report.recipients, [&](const ReportedRecipient& one) {
        return lower(one.recipient) == lower(address);
      });
      got = at == report.recipients.end() ? nullptr : &*at;
      found.count(got != nullptr);
    }
    if (expected.at("kind").is_null()) {
      return;
    }
    const auto verdict = got == nullptr ? std::nullopt : got->verdict;
    const std::string_view said = verdict ? to_string(verdict->kind) : "nothing";
    const bool is_right = lists(expected, "kind", said);
    kind.count(is_right);
    category.count(verdict && lists(expected, "category", to_string(verdict->category)));
    if (!lists(expected, "kind", "hard")) {
      not_hard.count(said != "hard");
    }
    if (!is_right) {
      const std::string want(expected.at("kind").as_array().front().as_string());
      ++confused[want + " taken for " + std::string(said)];
    }
  }

  void print(const char* name) const {
    std::cout << name << ": recipients " << found << ", kind " << kind << ", category " << category
              << ", not wrongly hard " << not_hard << "\n";
    for (const auto& [what, count] : confused) {
      std::cout << "    " << what << ": " << count << "\n";
    }
  }
};

class ReportCorpus : public testing::Test {
 protected:
  void SetUp() override {
    if (corpus_.empty()) {
      GTEST_SKIP() << "the corpus is not beside the tree";
    }
  }

  Rates rates_of(const fs::path& table) {
    auto classifier = Classifier::load();
    EXPECT_TRUE(classifier);
    Rates rates;
    for (const json::value& row : read_rows(table)) {
      BounceReport report =
          read_bounce(read_file(table.parent_path() / text_at(row, "file")).value());
      judge(report, *classifier);
      for (const json::value& expected : row.at("expected").as_array()) {
        rates.judge(expected, report);
      }
    }
    return rates;
  }

  const fs::path corpus_ = corpus();
};

TEST_F(ReportCorpus, BouncesAreUnderstood) {
  const Rates rates = rates_of(corpus_ / "bounces.jsonl");
  rates.print("bounces");
  EXPECT_GE(rates.found.share(), 0.98);
  EXPECT_GE(rates.kind.share(), 0.97);
  EXPECT_GE(rates.category.share(), 0.94);
  EXPECT_GE(rates.not_hard.share(), 0.99);
}

TEST_F(ReportCorpus, ForeignBouncesAreUnderstood) {
  const Rates rates = rates_of(corpus_ / "more/bounces-more.jsonl");
  rates.print("bounces-more");
  EXPECT_GE(rates.found.share(), 1.0);
  EXPECT_GE(rates.kind.share(), 0.95);
  EXPECT_GE(rates.category.share(), 0.9);
  EXPECT_GE(rates.not_hard.share(), 1.0);
}

TEST_F(ReportCorpus, AnswersAreNotTakenForBounces) {
  for (const json::value& row : read_rows(corpus_ / "more/not-bounces.jsonl")) {
    const BounceReport report =
        read_bounce(read_file(corpus_ / "more" / text_at(row, "file")).value());
    EXPECT_TRUE(report.recipients.empty()) << text_at(row, "file");
    EXPECT_TRUE(report.autoreply) << text_at(row, "file");
  }
}

TEST_F(ReportCorpus, ComplaintsAreUnderstood) {
  Rate types;
  Rate recipients;
  for (const json::value& row : read_rows(corpus_ / "complaints.jsonl")) {
    const FeedbackReport report = read_feedback(read_file(corpus_ / text_at(row, "file")).value());
    const json::value& expected = row.at("expected").as_array().front();
    types.count(report.feedback_type == text_at(expected, "feedback_type"));
    // What the label calls undisclosed can't be found.
    if (!text_at(expected, "recipient").starts_with("undisclosed")) {
      recipients.count(lower(report.recipient) == lower(text_at(expected, "recipient")));
    }
  }
  std::cout << "complaints: type " << types << ", recipient " << recipients << "\n";
  EXPECT_GE(types.share(), 1.0);
  EXPECT_GE(recipients.share(), 1.0);
}

/// No mail of any kind, broken ones above all, is more than it says.
TEST_F(ReportCorpus, OtherMailIsNeitherBounceNorComplaint) {
  Rate silent;
  for (const auto& entry : fs::directory_iterator(corpus_ / "mime")) {
    const std::string name = entry.path().filename();
    if (name.find("delivery-status") != std::string::npos ||
        name.find("dsn") != std::string::npos) {
      continue;
    }
    const std::string message = read_file(entry.path()).value();
    silent.count(read_bounce(message).recipients.empty() && !read_feedback(message).is_feedback());
  }
  std::cout << "other mail passed over: " << silent << "\n";
  EXPECT_GE(silent.share(), 0.97);
}

}  // namespace
}  // namespace postrider::bounce
