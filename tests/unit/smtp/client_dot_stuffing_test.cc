#include <gtest/gtest.h>
#include <string>

#include "smtp/dot_stuffing.h"

namespace postrider::smtp {
namespace {

std::string stuffed(const std::vector<std::string_view>& content) {
  std::vector<std::string_view> wire;
  append_stuffed(content, wire);
  std::string joined;
  for (const std::string_view piece : wire) {
    joined += piece;
  }
  return joined + std::string(end_of_data(content));
}

TEST(DotStuffing, DoublesTheDotsThatBeginALine) {
  struct Case {
    std::string_view name;
    std::vector<std::string_view> content;
    std::string_view wire;
  };
  const Case cases[] = {
      {"no dots", {"a\r\nb\r\n"}, "a\r\nb\r\n.\r\n"},
      {"dots within lines", {"a.b\r\nc.\r\n"}, "a.b\r\nc.\r\n.\r\n"},
      {"the first line", {".a\r\n"}, "..a\r\n.\r\n"},
      {"a later line", {"a\r\n.b\r\n"}, "a\r\n..b\r\n.\r\n"},
      {"lines in a row", {"a\r\n.\r\n.\r\n..\r\n"}, "a\r\n..\r\n..\r\n...\r\n.\r\n"},
      {"a line begins at a border", {"a\r\n", ".b\r\n"}, "a\r\n..b\r\n.\r\n"},
      {"CR and LF on either side of a border", {"a\r", "\n.b\r\n"}, "a\r\n..b\r\n.\r\n"},
      {"the border behind the dot", {"a\r\n.", "b\r\n"}, "a\r\n..b\r\n.\r\n"},
      {"a dot after a border within a line", {"a", ".b\r\n"}, "a.b\r\n.\r\n"},
      {"empty pieces at a border", {"a\r\n", "", ".b\r\n", ""}, "a\r\n..b\r\n.\r\n"},
      {"empty pieces first", {"", ".b\r\n"}, "..b\r\n.\r\n"},
      {"a dot alone at the end", {"a\r\n", "."}, "a\r\n..\r\n.\r\n"},
      {"the last line is open", {"a\r\nb"}, "a\r\nb\r\n.\r\n"},
      {"the last line is open and a piece is empty", {"b", ""}, "b\r\n.\r\n"},
      {"nothing", {}, ".\r\n"},
      {"only emptiness", {""}, ".\r\n"},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(stuffed(row.content), row.wire) << row.name;
  }
}

TEST(DotStuffing, LeavesContentWithoutDotLinesWhereItIs) {
  const std::string body = "Subject: 1\r\n\r\nno dots at the start of a line. None.\r\n";
  const std::vector<std::string_view> content{body};
  std::vector<std::string_view> wire;
  append_stuffed(content, wire);
  ASSERT_EQ(wire.size(), 1U);
  EXPECT_EQ(wire[0].data(), body.data());
  EXPECT_EQ(wire[0].size(), body.size());
}

}  // namespace
}  // namespace postrider::smtp
