#include "base/log.h"

#include <gtest/gtest.h>

namespace postrider::log {
namespace {

/// What one call writes to standard error, without its time.
std::string written(Options options, void (*call)()) {
  configure(options);
  testing::internal::CaptureStderr();
  call();
  configure({});
  std::string text = testing::internal::GetCapturedStderr();
  return text.substr(
      std::min(text.find(options.format == Format::json ? "\"level\"" : " "), text.size()));
}

TEST(Log, FieldsFollowTheMessage) {
  EXPECT_EQ(written({}, [] { info("message accepted", {{"message", "17"}, {"from", "a b"}}); }),
            " info message accepted message=17 from=\"a b\"\n");
}

TEST(Log, ForeignValuesNeitherEndALineNorForgeAField) {
  EXPECT_EQ(
      written({}, [] { warning("refused", {{"reply", "no\r\nx=\"1\" \x1b[2J"}, {"empty", ""}}); }),
      " warning refused reply=\"no??x=\\\"1\\\" ?[2J\" empty=\"\"\n");
}

TEST(Log, JsonIsOneObjectALine) {
  EXPECT_EQ(written({.format = Format::json}, [] { error("failed", {{"why", "a\"b\\c\n"}}); }),
            "\"level\":\"error\",\"message\":\"failed\",\"why\":\"a\\\"b\\\\c?\"}\n");
}

TEST(Log, LevelsBelowTheChosenOneAreSilent) {
  EXPECT_EQ(written({}, [] { debug("quiet"); }), "");
  EXPECT_EQ(written({.level = Level::error}, [] { warning("quiet"); }), "");
  EXPECT_EQ(written({.level = Level::debug}, [] { debug("said"); }), " debug said\n");
  EXPECT_TRUE(enabled(Level::info));
  EXPECT_FALSE(enabled(Level::debug));
}

TEST(ParseLevel, KnowsFourNames) {
  EXPECT_EQ(*parse_level("warning"), Level::warning);
  EXPECT_FALSE(parse_level("warn"));
  EXPECT_FALSE(parse_level("Debug"));
}

}  // namespace
}  // namespace postrider::log
