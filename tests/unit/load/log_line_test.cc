// The lines of both logs.
#include "load/log_line.h"

#include <gtest/gtest.h>

namespace postrider::load {
namespace {

using namespace std::chrono_literals;

const Micros kAt{1'795'515'735'458'185us};
const LoadId kId{.run = 0x0a1b2c3d, .number = 17};

TEST(LogLine, OfAnAnswerIsReadAsItWasWritten) {
  std::string text;
  append_line(text, Answered{.id = kId, .at = kAt, .code = 250});
  append_line(text, Answered{.id = kId, .at = kAt, .code = 0});
  EXPECT_EQ(text,
            "0a1b2c3d 17 1795515735458185 250\n"
            "0a1b2c3d 17 1795515735458185 000\n");
  EXPECT_EQ(parse_answered("0a1b2c3d 17 1795515735458185 250"),
            (Answered{.id = kId, .at = kAt, .code = 250}));
}

TEST(LogLine, OfAnArrivalIsReadAsItWasWritten) {
  std::string text;
  append_line(text, Arrived{.id = kId, .at = kAt, .copies_before = 2});
  EXPECT_EQ(text, "0a1b2c3d 17 1795515735458185 2\n");
  EXPECT_EQ(parse_arrived("0a1b2c3d 17 1795515735458185 2"),
            (Arrived{.id = kId, .at = kAt, .copies_before = 2}));
}

TEST(LogLine, AnythingElseIsNone) {
  for (const char* line : {"", "0a1b2c3d", "0a1b2c3d 17 5", "0a1b2c3d 17 5 ", "0a1b2c3d 17 5 250 x",
                           "0a1b2c3d x 5 250", "a1b2c3d 17 5 250", "0a1b2c3d 17 5 250\r",
                           "0a1b2c3d 1099511627776 5 250", "0a1b2c3d 17 5 -1"}) {
    EXPECT_FALSE(parse_answered(line)) << line;
    EXPECT_FALSE(parse_arrived(line)) << line;
  }
  EXPECT_FALSE(parse_answered("0a1b2c3d 17 5 600"));
}

TEST(Answered, Only2xxIsAPromise) {
  const auto with = [](int code) { return Answered{.id = kId, .at = kAt, .code = code}; };
  EXPECT_TRUE(with(250).is_accepted());
  EXPECT_FALSE(with(0).is_accepted());
  EXPECT_FALSE(with(354).is_accepted());
  EXPECT_FALSE(with(451).is_accepted());
}

}  // namespace
}  // namespace postrider::load
