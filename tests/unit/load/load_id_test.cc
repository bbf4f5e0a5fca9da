// The names of a load's recipients and messages.
#include "load/load_id.h"

#include <gtest/gtest.h>

namespace postrider::load {
namespace {

TEST(LoadId, IsReadAsItWasWritten) {
  const LoadId id{.run = 0x0a1b2c3d, .number = 17};
  EXPECT_EQ(local_part(id), "load-0a1b2c3d-17");
  EXPECT_EQ(parse_local_part(local_part(id)), id);
}

TEST(LoadId, IsReadInAnyCase) {
  EXPECT_EQ(parse_local_part("LOAD-0A1B2C3D-17"), (LoadId{.run = 0x0a1b2c3d, .number = 17}));
}

struct Foreign {
  const char* name;
  const char* text;
};

class LoadIdForeign : public testing::TestWithParam<Foreign> {};

TEST_P(LoadIdForeign, IsNone) {
  EXPECT_FALSE(parse_local_part(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    , LoadIdForeign,
    testing::Values(Foreign{"Empty", ""}, Foreign{"Prefix", "load-"},
                    Foreign{"ShortRun", "load-a1b2c3d-17"}, Foreign{"LongRun", "load-0a1b2c3d4-17"},
                    Foreign{"NotHex", "load-0a1b2c3g-17"}, Foreign{"NoNumber", "load-0a1b2c3d-"},
                    Foreign{"NegativeNumber", "load-0a1b2c3d--1"},
                    Foreign{"MoreBehind", "load-0a1b2c3d-17x"},
                    Foreign{"NumberAboveAll", "load-0a1b2c3d-1099511627776"},
                    Foreign{"NumberOverflows", "load-0a1b2c3d-99999999999999999999"},
                    Foreign{"SomebodyElse", "ann"}),
    [](const auto& row) { return row.param.name; });

TEST(LoadMessage, HeaderFieldIsFoundAsItWasWritten) {
  const LoadMessage message{.run = 0xff, .first = 40, .count = 20};
  EXPECT_EQ(id_header(message), "X-Load-Id: 000000ff-40-20\r\n");
  EXPECT_EQ(find_id_header("Received: x\r\n\ty\r\n" + id_header(message) + "\r\nbody\r\n"),
            message);
}

TEST(LoadMessage, HeaderFieldInTheBodyIsNone) {
  EXPECT_FALSE(find_id_header("Subject: x\r\n\r\n" + id_header({.run = 1, .first = 2})));
}

TEST(LoadMessage, HeaderFieldWithMoreInItIsNone) {
  EXPECT_FALSE(find_id_header("X-Load-Id: 000000ff-40-20-1\r\n\r\n"));
  EXPECT_FALSE(find_id_header("X-Load-Id: 000000ff-40-0\r\n\r\n"));
  EXPECT_FALSE(
      find_id_header("X-Load-Id: 000000ff-40-20"
                     "x"));
}

TEST(LoadMessage, IsForItsOwnRecipientsOnly) {
  const LoadMessage message{.run = 1, .first = 40, .count = 20};
  EXPECT_TRUE(message.is_for({.run = 1, .number = 40}));
  EXPECT_TRUE(message.is_for({.run = 1, .number = 59}));
  EXPECT_FALSE(message.is_for({.run = 1, .number = 39}));
  EXPECT_FALSE(message.is_for({.run = 1, .number = 60}));
  EXPECT_FALSE(message.is_for({.run = 2, .number = 40}));
}

}  // namespace
}  // namespace postrider::load
