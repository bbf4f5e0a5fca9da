#include "cli/table.h"

#include <gtest/gtest.h>

namespace postrider::cli {
namespace {

TEST(Table, ColumnsAreAlignedAndNumbersStandToTheRight) {
  Table table({"NAME", ">COUNT", "WHY"});
  table.add({"b\xC3\xBCro", "7", "short"});
  table.add({"a", "12345678", ""});
  EXPECT_EQ(table.render(false),
            "NAME     COUNT  WHY\n"
            "b\xC3\xBCro         7  short\n"
            "a     12345678  \n");
}

TEST(Table, ColourIsForTerminalsOnly) {
  Table table({"STATE"});
  table.add({Cell("failed", Colour::bad)});
  EXPECT_EQ(table.render(false), "STATE\nfailed\n");
  EXPECT_EQ(table.render(true), "\x1b[1mSTATE\x1b[0m\n\x1b[31mfailed\x1b[0m\n");
}

TEST(Table, ControlCharactersOfStrangersDoNothing) {
  Table table({"REPLY"});
  table.add({"550 \x1b[2Jgone"});
  EXPECT_EQ(table.render(false).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace postrider::cli
