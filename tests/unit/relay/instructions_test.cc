#include "relay/instructions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

namespace postrider::relay {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Result<Instructions> read(const std::string& header) {
  return read_instructions(mail::split_message(header + "\r\n").fields);
}

TEST(Instructions, AreReadWhateverTheirCaseFoldingAndEncoding) {
  const auto made = read(
      "Subject: order 7\r\n"
      "x-mailjet-campaign: =?utf-8?Q?Fr=C3=BChling_2026?=\r\n"
      "X-MJ-CUSTOMID:  order-7 \r\n"
      "X-MJ-EventPayload: {\"o\":\r\n 7, \"more\": [1,\r\n\t2]}\r\n"
      "X-Mailjet-TrackOpen: 0\r\n"
      "X-Mailjet-TrackClick: 1\r\n"
      "X-Postrider-Privacy: Anonymous\r\n"
      "X-Postrider-Stream: Bulk\r\n");
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->labels.campaign, "Fr\xc3\xbchling 2026");
  EXPECT_EQ(made->labels.custom_id, "order-7");
  EXPECT_EQ(made->labels.payload, "{\"o\": 7, \"more\": [1, 2]}");
  EXPECT_EQ(made->opens, false);
  EXPECT_EQ(made->clicks, true);
  EXPECT_EQ(made->privacy, Privacy::anonymous);
  EXPECT_EQ(made->is_bulk, true);
}

TEST(Instructions, AnEmptyFieldAndNoFieldSayNothing) {
  for (const char* header :
       {"Subject: x\r\n", "X-Mailjet-TrackOpen:\r\nX-Mailjet-Campaign: \r\n"}) {
    const auto made = read(header);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->labels, spool::Labels());
    EXPECT_EQ(made->opens, std::nullopt);
    EXPECT_EQ(made->privacy, std::nullopt);
  }
}

struct RefusedRow {
  const char* name;
  std::string field;
  const char* why;
};

class RefusedInstructions : public testing::TestWithParam<RefusedRow> {};

TEST_P(RefusedInstructions, SayWhichAndWhy) {
  const auto made = read(GetParam().field);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Errc::invalid);
  EXPECT_THAT(made.error().text(), StartsWith("554 5.6.0 X-"));
  EXPECT_THAT(made.error().text(), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedInstructions,
    testing::Values(
        RefusedRow{"CampaignWithASlash", "X-Mailjet-Campaign: a/b\r\n", "'a/b' holds more than"},
        RefusedRow{"CampaignOnTwoLines", "X-Mailjet-Campaign: =?utf-8?Q?a=0D=0Ab?=\r\n",
                   "more than"},
        RefusedRow{"LongCampaign", "X-Mailjet-Campaign: " + std::string(256, 'a') + "\r\n",
                   "longer than 255 characters"},
        RefusedRow{"LongCustomId", "X-MJ-CustomID: " + std::string(1025, 'a') + "\r\n",
                   "longer than 1024 bytes"},
        RefusedRow{"CustomIdWithALineEnd", "X-MJ-CustomID: =?utf-8?Q?a=0Ab?=\r\n", "control"},
        RefusedRow{"LongPayload", "X-MJ-EventPayload: " + std::string(8193, 'a') + "\r\n",
                   "longer than 8192 bytes"},
        RefusedRow{"SwitchWithAWord", "X-Mailjet-TrackOpen: yes\r\n", "'yes' is neither 0"},
        RefusedRow{"ClickSwitch", "X-Mailjet-TrackClick: 2\r\n", "'2' is neither 0"},
        RefusedRow{"Privacy", "X-Postrider-Privacy: some\r\n", "'some' is no level"},
        RefusedRow{"Stream", "X-Postrider-Stream: bluk\r\n", "'bluk' is neither bulk nor"},
        RefusedRow{"StreamTwice", "X-Postrider-Stream: bulk\r\nX-Postrider-Stream: bulk\r\n",
                   "more than once"},
        RefusedRow{"Twice", "x-mj-customid: a\r\nX-MJ-CustomID: b\r\n", "more than once"}),
    [](const auto& row) { return row.param.name; });

TEST(Instructions, LimitsAreReachable) {
  std::string umlauts;
  for (int i = 0; i < 255; ++i) {
    umlauts += "\xc3\xbc";
  }
  EXPECT_TRUE(read("X-Mailjet-Campaign: " + umlauts + "\r\n"));
  EXPECT_TRUE(read("X-MJ-CustomID: " + std::string(1024, 'a') + "\r\n"));
  EXPECT_TRUE(read("X-MJ-EventPayload: " + std::string(8192, 'a') + "\r\n"));
}

TEST(Instructions, EveryFieldOfTheFamiliesIsForUs) {
  for (const char* name : {"X-MJ-TemplateID", "x-mailjet-prio", "X-Postrider-Stream", "X-MJ-Mid"}) {
    EXPECT_TRUE(is_instruction(name)) << name;
  }
  for (const char* name : {"X-Mailer", "X-MJ", "Mailjet-Campaign", "Subject", ""}) {
    EXPECT_FALSE(is_instruction(name)) << name;
  }
}

}  // namespace
}  // namespace postrider::relay
