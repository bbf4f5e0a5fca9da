#include "relay/reading_marks.h"

#include <fstream>
#include <gtest/gtest.h>
#include <vector>

#include "support/fresh_folder.h"
#include "support/never_ended.h"

namespace postrider::relay {
namespace {

class ReadingMarksTest : public testing::Test {
 protected:
  std::unique_ptr<ReadingMarks> open() {
    auto opened = ReadingMarks::open(file_);
    EXPECT_TRUE(opened) << opened.error().text();
    return *std::move(opened);
  }

  /// The process ends while it reads this.
  void die_over(std::string_view mail) {
    auto marks = open();
    ASSERT_TRUE(test::never_end(marks->begin(mail)));  // as by a signal
  }

  test::FreshFolder folder_;
  const std::filesystem::path file_ = folder_ / "reading";
};

TEST_F(ReadingMarksTest, WhatHasBeenReadLeavesNothing) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_NE(open()->begin("mail"), nullptr);
  }
}

TEST_F(ReadingMarksTest, AMailThatEndsTheProcessTwiceIsNotReadAgain) {
  die_over("bad");
  EXPECT_NE(open()->begin("bad"), nullptr) << "it may have been a kill -9";
  die_over("bad");
  for (int i = 0; i < 3; ++i) {
    const auto marks = open();
    EXPECT_EQ(marks->begin("bad"), nullptr);
    EXPECT_NE(marks->begin("good"), nullptr);
  }
}

TEST_F(ReadingMarksTest, SeveralAreReadAtATimeAndEachIsSuspected) {
  for (int i = 0; i < 2; ++i) {
    auto marks = open();
    std::ignore = marks->begin("a").release();
    std::ignore = marks->begin("b").release();
    EXPECT_NE(marks->begin("c"), nullptr);
  }
  const auto marks = open();
  EXPECT_EQ(marks->begin("a"), nullptr);
  EXPECT_EQ(marks->begin("b"), nullptr);
  EXPECT_NE(marks->begin("c"), nullptr);
}

TEST_F(ReadingMarksTest, MoreAtATimeThanThereArePlacesAreReadAllTheSame) {
  const auto marks = open();
  std::vector<std::unique_ptr<ReadingMarks::Mark>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(marks->begin(std::to_string(i)));
    EXPECT_NE(all.back(), nullptr);
  }
}

TEST_F(ReadingMarksTest, TheOldestSuspectMakesRoom) {
  for (int i = 0; i < 70; ++i) {
    die_over(std::to_string(i));
  }
  die_over("0");
  EXPECT_NE(open()->begin("0"), nullptr) << "counted from nothing again";
  die_over("69");
  EXPECT_EQ(open()->begin("69"), nullptr);
}

TEST_F(ReadingMarksTest, AFileThatIsNoneOfThemBeginsAnew) {
  std::ofstream(file_) << std::string(100'000, 'x');
  EXPECT_NE(open()->begin("mail"), nullptr);
  EXPECT_FALSE(ReadingMarks::open(folder_ / "missing" / "reading"));
}

}  // namespace
}  // namespace postrider::relay
