// Losses and copies are found in the logs.
#include "load/check.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fresh_folder.h"

namespace postrider::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kRun = "0000000a";

class Check : public testing::Test {
 protected:
  /// "0 250" makes the line "0000000a 0 1 250".
  void write(const char* file, std::initializer_list<std::string> rows) {
    std::ofstream out(folder_.path() / file);
    for (const std::string& row : rows) {
      const auto space = row.find(' ');
      out << kRun << " " << row.substr(0, space) << " 1 " << row.substr(space + 1) << "\n";
    }
  }
  void add(const char* file, const std::string& text) {
    std::ofstream(folder_.path() / file, std::ios::app) << text;
  }
  Result<Findings> check() {
    return check_logs(folder_.path() / "answered", folder_.path() / "arrived");
  }
  Findings findings() {
    const Result<Findings> found = check();
    EXPECT_TRUE(found) << (found ? "" : found.error().text());
    return found.value_or(Findings{});
  }

  test::FreshFolder folder_;
};

TEST_F(Check, FindsNothingWhereEverythingArrivedOnce) {
  write("answered", {"1 250", "0 250"});
  write("arrived", {"0 0", "1 0"});
  const Findings found = findings();
  EXPECT_EQ(found.accepted, 2U);
  EXPECT_EQ(found.arrived, 2U);
  EXPECT_EQ(found.lost + found.copies + found.refused_arrived + found.unlogged_arrived, 0U);
}

TEST_F(Check, AcceptedAndNeverArrivedIsLost) {
  write("answered", {"0 250", "1 250", "2 250"});
  write("arrived", {"0 0", "2 0"});
  const Findings found = findings();
  EXPECT_EQ(found.lost, 1U);
  EXPECT_THAT(found.lost_ids, ElementsAre(LoadId{.run = 10, .number = 1}));
}

TEST_F(Check, LossBeyondTheLastArrivalIsFound) {
  write("answered", {"0 250", "100000 250"});
  write("arrived", {"0 0"});
  EXPECT_EQ(findings().lost, 1U);
}

TEST_F(Check, CopiesAreCountedFromTheLinesThoughTheReceiverBeganAnew) {
  write("answered", {"0 250", "1 250"});
  write("arrived", {"0 0", "0 0", "0 1", "1 0"});
  const Findings found = findings();
  EXPECT_EQ(found.copies, 2U);
  EXPECT_EQ(found.arrived, 2U);
  EXPECT_THAT(found.copied_ids, ElementsAre(LoadId{.run = 10, .number = 0}));
}

TEST_F(Check, UnansweredMayArriveOrNot) {
  write("answered", {"0 000", "1 000"});
  write("arrived", {"1 0"});
  const Findings found = findings();
  EXPECT_EQ(found.lost, 0U);
  EXPECT_EQ(found.unanswered, 2U);
  EXPECT_EQ(found.unanswered_arrived, 1U);
}

TEST_F(Check, RefusedThatArrivesIsNoted) {
  write("answered", {"0 451", "1 550"});
  write("arrived", {"1 0"});
  const Findings found = findings();
  EXPECT_EQ(found.refused, 2U);
  EXPECT_EQ(found.refused_arrived, 1U);
}

TEST_F(Check, PromiseStaysOneWhateverElseWasSaid) {
  write("answered", {"0 250", "0 000", "1 000", "1 250"});
  write("arrived", {});
  EXPECT_EQ(findings().lost, 2U);
}

TEST_F(Check, ArrivalsWithoutALineAreNotedAndThoseOfOtherRunsAreNot) {
  write("answered", {"0 250"});
  write("arrived", {"0 0", "7 0"});
  add("arrived", "0000000b 3 1 0\n");
  const Findings found = findings();
  EXPECT_EQ(found.unlogged_arrived, 1U);
  EXPECT_EQ(found.arrived, 2U);
}

TEST_F(Check, LineThatIsCutOffIsLeftOut) {
  for (const char* cut : {"0000000a 1 1 25", "0000000a 1 1 250", "0000000a 1", "00"}) {
    write("answered", {"0 250"});
    add("answered", cut);
    write("arrived", {"0 0"});
    add("arrived", cut);
    const Findings found = findings();
    EXPECT_EQ(found.accepted, 1U) << cut;
    EXPECT_EQ(found.refused, 0U) << cut;
    EXPECT_EQ(found.arrived, 1U) << cut;
  }
}

TEST_F(Check, BrokenLineIsNamedByFileAndNumber) {
  write("answered", {"0 250"});
  add("answered", "what is this\n");
  write("arrived", {"0 0"});
  const Result<Findings> found = check();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Errc::invalid);
  EXPECT_THAT(found.error().text(), HasSubstr("answered:2: 'what is this'"));
}

TEST_F(Check, LogThatIsNotThereIsNamed) {
  write("answered", {"0 250"});
  const Result<Findings> found = check();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Errc::not_found);
  EXPECT_THAT(found.error().text(), HasSubstr("arrived"));
}

TEST_F(Check, NumberOutOfAllProportionIsNoLine) {
  write("answered", {"0 250", "1099511627775 250"});
  write("arrived", {});
  EXPECT_FALSE(check());
}

}  // namespace
}  // namespace postrider::load
