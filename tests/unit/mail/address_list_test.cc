#include <chrono>
#include <gtest/gtest.h>
#include <string>

#include "mail/header.h"

namespace postrider::mail {
namespace {

struct ListRow {
  std::string name;
  std::string value;
  std::string want;  ///< addresses, joined by spaces; "!": refused
};

std::ostream& operator<<(std::ostream& out, const ListRow& row) {
  return out << row.value;
}

std::string name_of(const testing::TestParamInfo<ListRow>& info) {
  return info.param.name;
}

class List : public testing::TestWithParam<ListRow> {};

TEST_P(List, IsReadOrRefused) {
  const auto list = parse_address_list(GetParam().value);
  if (GetParam().want == "!") {
    ASSERT_FALSE(list);
    EXPECT_EQ(list.error().code(), Errc::invalid);
    return;
  }
  ASSERT_TRUE(list) << list.error().text();
  std::string found;
  for (const Address& address : *list) {
    found += (found.empty() ? "" : " ") + to_string(address);
  }
  EXPECT_EQ(found, GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, List,
    testing::Values(
        ListRow{"Bare", "ann@example.net", "ann@example.net"},
        ListRow{"Named", "Ann Lee <ann@Example.net>", "ann@example.net"},
        ListRow{"QuotedName", "\"Lee, Ann \\\"A\\\"\" <ann@example.net>", "ann@example.net"},
        ListRow{"NameWithDot", "Ann B. Lee <ann@example.net>", "ann@example.net"},
        ListRow{"NoName", "<ann@example.net>", "ann@example.net"},
        ListRow{"Several", "a@x.example, B <b@x.example> ,c@x.example",
                "a@x.example b@x.example c@x.example"},
        ListRow{"EmptyElements", ",, a@x.example,,b@x.example,", "a@x.example b@x.example"},
        ListRow{"Nothing", " \r\n ", ""},
        ListRow{"Folded", " Ann\r\n\t<ann@example.net>,\r\n bob@example.net",
                "ann@example.net bob@example.net"},
        ListRow{"Comments", "(x) Ann (y (z)\\)) <ann@(here)example.net> (a, b@c)",
                "ann@example.net"},
        ListRow{"CommentsAroundDots", "ann . lee (x) @ example (y) . net", "ann.lee@example.net"},
        ListRow{"QuotedLocal", "\"a b\"@example.net", "\"a b\"@example.net"},
        ListRow{"QuotedWordsInALocal", "\"a\".b.\"c\"@example.net", "a.b.c@example.net"},
        ListRow{"Group", "Friends: a@x.example, B <b@x.example>; , c@x.example",
                "a@x.example b@x.example c@x.example"},
        ListRow{"EmptyGroup", "undisclosed-recipients:;", ""},
        ListRow{"Route", "Ann <@a.example,@b.example:ann@example.net>", "ann@example.net"},
        ListRow{"RouteWithGaps", "<@a.example , (x), @b.example,: ann@example.net>",
                "ann@example.net"},
        ListRow{"Literal", "ann@[192.0.2.1]", "ann@[192.0.2.1]"},
        ListRow{"EncodedWord", "=?utf-8?Q?J=C3=BCrgen?= <ann@example.net>", "ann@example.net"},
        ListRow{"EncodedWordWithComma", "=?utf-8?Q?Lee,_Ann?= <ann@example.net>",
                "ann@example.net"},
        ListRow{"EncodedWordWithBrackets", "=?utf-8?Q?Ann_(x)_[y]?= <ann@example.net>",
                "ann@example.net"},
        ListRow{"Base64Word", "=?utf-8?B?QW5uCg==?= <ann@example.net>", "ann@example.net"},
        ListRow{"RawUtf8", "J\u00fcrgen <j\u00fcrgen@b\u00fccher.example>",
                "j\u00fcrgen@xn--bcher-kva.example"},
        ListRow{"RawLatin1Name", "J\xfcrgen <ann@example.net>", "ann@example.net"},
        ListRow{"NameThatIsTheAddress", "ann@Example.net <ann@example.net>", "ann@example.net"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Refusals, List,
    testing::Values(
        ListRow{"NoDomain", "ann", "!"}, ListRow{"NameOnly", "Ann Lee", "!"},
        ListRow{"NullPath", "Ann <>", "!"}, ListRow{"TwoWordsBeforeAt", "Ann ann@example.net", "!"},
        ListRow{"NameThatIsAnotherAddress", "ceo@bank.example <eve@example.net>", "!"},
        ListRow{"EncodedWordWithAnAddress", "=?utf-8?Q?x,ceo@bank.example,?= <eve@example.net>",
                "!"},
        ListRow{"TwoAddressesWithoutComma", "a@x.example b@x.example", "!"},
        ListRow{"TwoBrackets", "<a@x.example><b@x.example>", "!"},
        ListRow{"TextBehindBrackets", "<a@x.example> Ann", "!"},
        ListRow{"OpenBracket", "<a@x.example", "!"},
        ListRow{"OpenQuote", "\"Ann <a@x.example>", "!"},
        ListRow{"OpenComment", "a@x.example (", "!"}, ListRow{"OpenGroup", "F: a@x.example", "!"},
        ListRow{"GroupInGroup", "F: G: a@x.example;;", "!"},
        ListRow{"GroupWithoutName", ": a@x.example;", "!"},
        ListRow{"Semicolon", "a@x.example; b@x.example", "!"},
        ListRow{"ClosingParenthesis", "a@x.example)", "!"},
        ListRow{"DotsOnly", "...@x.example", "!"}, ListRow{"TrailingDot", "a.@x.example", "!"},
        ListRow{"DomainWithTrailingDot", "a@x.example.", "!"},
        ListRow{"BadDomain", "a@-x.example", "!"},
        ListRow{"ZeroByte", std::string("a\0@x.example", 12), "!"},
        ListRow{"ControlInQuotedLocal", "\"a\x01\"@x.example", "!"},
        ListRow{"RouteWithoutColon", "<@bank.example,eve@example.net>", "!"},
        ListRow{"RouteThatEndsInAComma", "<@bank.example, ann@example.net>", "!"},
        ListRow{"RouteOfCommas", "<,,ann@example.net>", "!"},
        ListRow{"RouteWithoutADomain", "<@:ann@example.net>", "!"},
        ListRow{"RouteOfNoDomain", "<@a..b:ann@example.net>", "!"},
        ListRow{"OpenLiteral", "a@[192.0.2.1", "!"}),
    name_of);

TEST(ParseAddressList, BoundsTheDepthOfComments) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + std::string(depth, ')') + "ann@example.net";
  };
  EXPECT_TRUE(parse_address_list(nested(32)));
  EXPECT_FALSE(parse_address_list(nested(33)));
}

TEST(ParseAddressList, BoundsTheirNumber) {
  const std::string three = "a@x.example, F: b@x.example, c@x.example;";
  EXPECT_TRUE(parse_address_list(three, 3));
  const auto refused = parse_address_list(three, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), "there are more than 2 addresses");
}

TEST(ParseAddressList, SaysWhere) {
  EXPECT_EQ(parse_address_list("a@x.example, Bob").error().text(),
            "at the end: this is not an address");
}

// Quadratic work on half a megabyte takes minutes; linear work takes milliseconds.
TEST(ParseAddressList, HostileInputIsReadInLinearTime) {
  constexpr std::size_t kSize = 500'000;
  const auto repeat = [](std::string_view piece) {
    std::string text;
    while (text.size() < kSize) {
      text += piece;
    }
    return text;
  };
  const auto start = std::chrono::steady_clock::now();
  for (const std::string_view piece :
       {"(",   "()", "\"", "\"\" ", "<",     "=?",           "=?a?q?", "=?a?b?c?= ",
        ".",   "a.", "@",  "a@",    ",",     "a@x.example,", "<@a,",   ":",
        "a:;", "[",  "\\", " ",     "\r\n ", "=?.",          "@a.",    "<a@b>"}) {
    for (const std::string_view prefix : {"", "<@", "a@"}) {
      std::string text(prefix);
      text += repeat(piece);
      const auto list = parse_address_list(text);
      EXPECT_TRUE(list || list.error().text().size() < 200) << "errors don't repeat the input";
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace
}  // namespace postrider::mail
