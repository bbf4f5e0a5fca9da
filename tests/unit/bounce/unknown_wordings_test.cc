#include "bounce/unknown_wordings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bounce/mask.h"

namespace postrider::bounce {
namespace {

Diagnostic reply(std::string_view text, std::string_view mx) {
  return {.code = 550, .enhanced = {}, .text = text, .mx = mx, .provider = {}, .phase = {}};
}

TEST(Mask, TakesOutWhatDiffers) {
  EXPECT_EQ(
      mask("<@>: quux 17 from [192.0.2.1]: see http://a.example/?x=1 (id 7f3a-09b), mx1.b.example"),
      "<ADDRESS>: quux N from [IP]: see URL (id ID), HOST");
  EXPECT_EQ(mask("2001:db8::1 glorp 12.5%"), "IP glorp N");
  EXPECT_EQ(mask("nothing to hide."), "nothing to hide.");
  EXPECT_EQ(mask(""), "");
}

TEST(UnknownWordings, GathersByWordingTheMostFrequentFirst) {
  const Finding finding{.verdict = {}, .rule = nullptr, .code = 550, .enhanced = "5.0.0"};
  UnknownWordings wordings;
  wordings.add(reply("550 glorp", "a.example"), finding, "x@a.example");
  wordings.add(reply("550 quux 1 for ann@a.example", "a.example"), finding, "x@a.example");
  wordings.add(reply("550 quux 2 for bob@a.example", "b.example"), finding, "x@a.example");
  const auto all = wordings.take();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].mask, "quux N for ADDRESS");
  EXPECT_EQ(all[0].count, 2U);
  EXPECT_EQ(all[0].senders.size(), 1U);
  EXPECT_EQ(all[0].hosts.size(), 2U);
  EXPECT_THAT(all[0].samples,
              testing::ElementsAre("550 quux 1 for ann@a.example", "550 quux 2 for bob@a.example"));
  EXPECT_EQ(all[1].count, 1U);
}

TEST(UnknownWordings, MemoryIsBounded) {
  const Finding finding{};
  UnknownWordings wordings;
  std::string text;
  for (std::size_t i = 0; i < UnknownWordings::kWordingsMost + 5; ++i) {
    text = "glorp";
    for (std::size_t rest = i; rest > 0; rest /= 26) {
      text.push_back(static_cast<char>('a' + rest % 26));
    }
    wordings.add(reply(text, "a.example"), finding, {});
  }
  EXPECT_EQ(wordings.take().size(), UnknownWordings::kWordingsMost);
  EXPECT_EQ(wordings.left_out(), 5U);
}

}  // namespace
}  // namespace postrider::bounce
