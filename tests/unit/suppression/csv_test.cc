#include "suppression/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postrider::suppression {
namespace {

using testing::ElementsAre;

TEST(Csv, FieldsAndQuotes) {
  EXPECT_THAT(*parse_csv_line("a, b ,\"c, \"\"d\"\"\",\r"), ElementsAre("a", "b", "c, \"d\"", ""));
  EXPECT_THAT(*parse_csv_line(""), ElementsAre(""));
  EXPECT_FALSE(parse_csv_line("\"open"));
  EXPECT_FALSE(parse_csv_line("\"a\"b,c"));
}

TEST(Csv, WhatIsWrittenIsReadAgain) {
  const std::vector<std::string> fields{"ann@example.net", "a \"quoted\", thing", "", "plain"};
  EXPECT_EQ(*parse_csv_line(csv_line(fields)), fields);
}

TEST(Csv, ASpreadsheetIsGivenNoFormula) {
  const std::vector<std::string> fields{"=cmd()", "@x"};
  EXPECT_EQ(csv_line(fields), "\"'=cmd()\",\"'@x\"");
}

}  // namespace
}  // namespace postrider::suppression
