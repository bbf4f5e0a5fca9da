#include "privacy/person.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "mail/transfer_encoding.h"

namespace postrider::privacy {
namespace {

const Person kAnn{mail::Address{.local = "Ann.Lee", .domain = "example.net"}};

struct Row {
  const char* name;
  std::string text;
  std::string rest;  ///< empty: it names somebody else, or nobody
};

class TakeOut : public testing::TestWithParam<Row> {};

TEST_P(TakeOut, LeavesTheRest) {
  std::string text = GetParam().text;
  const bool is_named = !GetParam().rest.empty();
  EXPECT_EQ(kAnn.is_named_in(text), is_named);
  EXPECT_EQ(kAnn.take_out_of(text), is_named);
  EXPECT_EQ(text, is_named ? GetParam().rest : GetParam().text);
  EXPECT_FALSE(kAnn.is_named_in(text));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, TakeOut,
    testing::Values(
        Row{"Alone", "ann.lee@example.net", "[erased]"},
        Row{"AnyCase", "no ANN.Lee@Example.NET here", "no [erased] here"},
        Row{"Twice", "<ann.lee@example.net>,ann.lee@example.net.", "<[erased]>,[erased]."},
        Row{"ReturnPath", "bounces+ann.lee=example.net@esp.example",
            "bounces+[erased]@esp.example"},
        Row{"Percent", "/?to=ann.lee%40example.net&x=1", "/?to=[erased]&x=1"},
        Row{"PercentThroughout", "u=%61nn.lee%40example%2enet", "[erased]"},
        Row{"QuotedPrintable", "to=3Dann.lee@exam=\r\nple.net", "[erased]"},
        Row{"EncodedWord", "=?utf-8?B?" + base64("Hi ann.lee@example.net!") + "?=", "[erased]"},
        Row{"EncodedWordQ", "=?utf-8?Q?to_=61nn.lee=40example.net?=", "[erased]"},
        Row{"Base64OverLines",
            mail::encode_base64_lines(std::string(48, 'x') + "\r\nann.lee@example.net\r\n"),
            "[erased]"},
        Row{"Base64BehindAWord", "base64\r\n\r\n" + base64("Hi, ann.lee@example.net!"), "[erased]"},
        Row{"JsonEscape", R"({"to": "ann.lee\u0040example.net"})", "[erased]"},
        Row{"HtmlReference", "Hi &#97;nn.lee&#x40;example&#46net!", "[erased]"},
        Row{"HtmlName", "ann.lee&commat;example.net", "[erased]"},
        Row{"CutOff", "user unknown: ann.lee@exampl", "user unknown: [erased]"},
        Row{"CutOffByUs", "user unknown: ann.lee@exam...", "user unknown: [erased]..."},
        Row{"LongerLocalPart", "joann.lee@example.net", ""},
        Row{"LongerLocalPartWithAPoint", "jo.ann.lee@example.net", ""},
        Row{"Subaddress", "jo+ann.lee@example.net", ""},
        Row{"LongerDomain", "ann.lee@example.net.example", ""},
        Row{"LongerName", "ann.lee@example.nettle", ""},
        Row{"Nobody", "nothing to see, 12345678901234567890", ""}),
    [](const auto& row) { return row.param.name; });

TEST(Person, TheDomainInUnicodeIsTheSame) {
  const Person anna{mail::Address{.local = "anna", .domain = "xn--mnchen-3ya.example"}};
  std::string text = "an anna@m\u00fcnchen.example und anna@xn--mnchen-3ya.example";
  EXPECT_TRUE(anna.take_out_of(text));
  EXPECT_EQ(text, "an [erased] und [erased]");
}

TEST(Person, IsKnownByTheAddressInAnyCase) {
  EXPECT_TRUE(kAnn.is("ann.LEE@example.net"));
  EXPECT_FALSE(kAnn.is("ann.lee@example.net "));
  EXPECT_FALSE(kAnn.is(""));
  EXPECT_TRUE(kAnn.is(mail::Address{.local = "ANN.lee", .domain = "example.net"}));
}

}  // namespace
}  // namespace postrider::privacy
