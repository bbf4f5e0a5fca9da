#include "mail/address.h"

#include <gtest/gtest.h>
#include <string>

namespace postrider::mail {
namespace {

using std::string_literals::operator""s;

struct PathRow {
  std::string name;
  std::string path;
  std::string want;  ///< to_string() of the address; empty: refused
};

std::ostream& operator<<(std::ostream& out, const PathRow& row) {
  return out << row.path;
}

std::string name_of(const testing::TestParamInfo<PathRow>& info) {
  return info.param.name;
}

class Path : public testing::TestWithParam<PathRow> {};

TEST_P(Path, IsReadOrRefused) {
  const auto address = parse_path(GetParam().path, {.utf8_allowed = true});
  if (GetParam().want.empty()) {
    ASSERT_FALSE(address) << to_string(*address);
    EXPECT_EQ(address.error().code(), Errc::invalid);
    EXPECT_FALSE(address.error().text().empty());
    return;
  }
  ASSERT_TRUE(address) << address.error().text();
  EXPECT_EQ(to_string(*address), GetParam().want);
}

const std::string kLabel63(63, 'a');
const std::string kDomain253 =
    kLabel63 + "." + kLabel63 + "." + kLabel63 + "." + std::string(61, 'b');
const std::string kDomain189 = kLabel63 + "." + kLabel63 + "." + std::string(61, 'b');

INSTANTIATE_TEST_SUITE_P(
    Grammar, Path,
    testing::Values(
        PathRow{"Plain", "<ann@example.net>", "ann@example.net"},
        PathRow{"LocalPartKeepsItsCase", "<Ann.Lee@Example.NET>", "Ann.Lee@example.net"},
        PathRow{"EveryMarkOfAtext", "<!#$%&'*+-/=?^_`{|}~@example.net>",
                "!#$%&'*+-/=?^_`{|}~@example.net"},
        PathRow{"QuotesThatAreNotNeededGo", "<\"ann\"@example.net>", "ann@example.net"},
        PathRow{"QuotesThatAreNeededStay", "<\"ann lee\"@example.net>", "\"ann lee\"@example.net"},
        PathRow{"QuotedPairs", R"(<"a\"b\\c\d"@example.net>)", R"("a\"b\\cd"@example.net)"},
        PathRow{"BracketInQuotesIsNoEnd", "<\"a>b\"@example.net>", "\"a>b\"@example.net"},
        PathRow{"AtInQuotes", "<\"a@b\"@example.net>", "\"a@b\"@example.net"},
        PathRow{"DotsInQuotes", "<\".a..b.\"@example.net>", "\".a..b.\"@example.net"},
        PathRow{"SingleLabel", "<ann@localhost>", "ann@localhost"},
        PathRow{"Underscore", "<ann@my_host.example>", "ann@my_host.example"},
        PathRow{"DigitLabels", "<ann@1.2.example>", "ann@1.2.example"},
        PathRow{"Ipv4Literal", "<ann@[192.0.2.1]>", "ann@[192.0.2.1]"},
        PathRow{"Ipv4LiteralIsDecimal", "<ann@[192.000.002.010]>", "ann@[192.0.2.10]"},
        PathRow{"Ipv6Literal", "<ann@[ipv6:2001:DB8:0:0::1]>", "ann@[IPv6:2001:db8::1]"},
        PathRow{"Ipv6LiteralWithIpv4", "<ann@[IPv6:::ffff:192.0.2.1]>",
                "ann@[IPv6:::ffff:192.0.2.1]"},
        PathRow{"SourceRouteIsDropped", "<@a.example,@b.example:ann@example.net>",
                "ann@example.net"},
        PathRow{"PostmasterNeedsNoDomain", "<PostMaster>", "PostMaster"},
        PathRow{"PostmasterWithDomain", "<postmaster@example.net>", "postmaster@example.net"},
        PathRow{"Utf8Local", "<\u00fcn\u00efcode@example.net>", "\u00fcn\u00efcode@example.net"},
        PathRow{"ULabelBecomesALabel", "<ann@b\u00fccher.example>", "ann@xn--bcher-kva.example"},
        PathRow{"ULabelInCapitals", "<ann@B\u00dcCHER.example>", "ann@xn--bcher-kva.example"},
        PathRow{"SharpSIsNotTwoS", "<ann@stra\u00dfe.example>", "ann@xn--strae-oqa.example"},
        PathRow{"DecomposedIsComposed", "<ann@bu\u0308cher.example>", "ann@xn--bcher-kva.example"},
        PathRow{"IdeographicFullStop", "<ann@b\u00fccher\u3002example>",
                "ann@xn--bcher-kva.example"},
        PathRow{"EmojiInALabelForm", "<ann@XN--i-7iq.ws>", "ann@xn--i-7iq.ws"},
        PathRow{"Local64", "<" + std::string(64, 'a') + "@example.net>",
                std::string(64, 'a') + "@example.net"},
        PathRow{"Address254", "<" + std::string(64, 'a') + "@" + kDomain189 + ">",
                std::string(64, 'a') + "@" + kDomain189}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Refusals, Path,
    testing::Values(PathRow{"NoBrackets", "ann@example.net", ""},
                    PathRow{"NoEnd", "<ann@example.net", ""}, PathRow{"Empty", "", ""},
                    PathRow{"NullWhereNotAllowed", "<>", ""}, PathRow{"NoAt", "<ann>", ""},
                    PathRow{"NoDomain", "<ann@>", ""}, PathRow{"NoLocal", "<@example.net>", ""},
                    PathRow{"EmptyQuotes", "<\"\"@example.net>", ""},
                    PathRow{"TwoAts", "<ann@lee@example.net>", ""},
                    PathRow{"LeadingDot", "<.ann@example.net>", ""},
                    PathRow{"TrailingDot", "<ann.@example.net>", ""},
                    PathRow{"TwoDots", "<ann..lee@example.net>", ""},
                    PathRow{"SpaceInLocal", "<ann lee@example.net>", ""},
                    PathRow{"SpaceBeforeAddress", "< ann@example.net>", ""},
                    PathRow{"SpaceBehindAddress", "<ann@example.net >", ""},
                    PathRow{"Comment", "<ann(lee)@example.net>", ""},
                    PathRow{"OpenQuotes", "<\"ann@example.net>", ""},
                    PathRow{"OpenQuotesThatEndInABackslash", "<\"ann\\", ""},
                    PathRow{"TextBehindQuotes", "<\"ann\"lee@example.net>", ""},
                    PathRow{"DomainWithTrailingDot", "<ann@example.net.>", ""},
                    PathRow{"EmptyLabel", "<ann@example..net>", ""},
                    PathRow{"LabelBeginsWithHyphen", "<ann@-example.net>", ""},
                    PathRow{"LabelEndsWithHyphen", "<ann@example-.net>", ""},
                    PathRow{"BareIpv4", "<ann@192.0.2.1>", ""},
                    PathRow{"BareIpv6", "<ann@2001:db8::1>", ""},
                    PathRow{"LiteralOutOfRange", "<ann@[192.0.2.256]>", ""},
                    PathRow{"LiteralWithThreeParts", "<ann@[192.0.2]>", ""},
                    PathRow{"LiteralWithoutEnd", "<ann@[192.0.2.1>", ""},
                    PathRow{"LiteralAndMore", "<ann@[192.0.2.1].example>", ""},
                    PathRow{"LiteralOfV6WithoutTag", "<ann@[2001:db8::1]>", ""},
                    PathRow{"LiteralWithZone", "<ann@[IPv6:fe80::1%eth0]>", ""},
                    PathRow{"LiteralWithUnknownTag", "<ann@[x400:c=de]>", ""},
                    PathRow{"LiteralWithZeroByte", "<ann@[IPv6:::1\0x]>"s, ""},
                    PathRow{"RouteWithoutColon", "<@a.example ann@example.net>", ""},
                    PathRow{"RouteWithoutAt", "<@a.example,b.example:ann@example.net>", ""},
                    PathRow{"RouteWithBadHost", "<@-a.example:ann@example.net>", ""},
                    PathRow{"RouteWithoutMailbox", "<@a.example:>", ""},
                    PathRow{"PostmasterAndMore", "<postmasters>", ""},
                    PathRow{"ControlInLocal", "<a\x01nn@example.net>", ""},
                    PathRow{"ControlInQuotes", "<\"a\tnn\"@example.net>", ""},
                    PathRow{"LineEndInQuotes", "<\"a\r\nnn\"@example.net>", ""},
                    PathRow{"QuotedLineEnd", "<\"a\\\nnn\"@example.net>", ""},
                    PathRow{"ZeroByte", "<a\0nn@example.net>"s, ""},
                    PathRow{"C1Control", "<a\u0085nn@example.net>", ""},
                    PathRow{"RightToLeftOverride", "<a\u202enn@example.net>", ""},
                    PathRow{"NotUtf8", "<a\xFFnn@example.net>", ""},
                    PathRow{"OverlongUtf8", "<a\xC0\xAFnn@example.net>", ""},
                    PathRow{"DomainNotUtf8", "<ann@ex\xFF.net>", ""},
                    PathRow{"MappedAtSign", "<ann@\u00fc\uFF20evil.example>", ""},
                    PathRow{"MappedSlash", "<ann@\u00fc\uFF0Fevil.example>", ""},
                    PathRow{"ForbiddenULabel", "<ann@\u2764.example>", ""},
                    PathRow{"MappedIpv4", "<ann@\uFF11.2.3.4>", ""},
                    PathRow{"Local65", "<" + std::string(65, 'a') + "@example.net>", ""},
                    PathRow{"Address255", "<" + std::string(64, 'a') + "@" + kDomain189 + "b>", ""},
                    PathRow{"Label64", "<ann@" + std::string(64, 'a') + ".net>", ""}),
    name_of);

TEST(ParsePath, NullPathWhereItIsAllowed) {
  const auto address = parse_path("<>", {.null_allowed = true});
  ASSERT_TRUE(address);
  EXPECT_TRUE(address->is_null());
  EXPECT_EQ(to_string(*address), "");
}

TEST(ParsePath, RestIsWhatFollowsTheBracket) {
  std::string_view rest;
  ASSERT_TRUE(parse_path("<ann@example.net> SIZE=17", {}, &rest));
  EXPECT_EQ(rest, " SIZE=17");
}

TEST(ParsePath, NothingMayFollowWhereNobodyTakesTheRest) {
  EXPECT_FALSE(parse_path("<ann@example.net> SIZE=17", {}));
}

TEST(ParsePath, BeyondAsciiOnlyWithSmtpUtf8) {
  const auto local = parse_path("<\u00fc@example.net>", {});
  ASSERT_FALSE(local);
  EXPECT_EQ(local.error().text(), "an address beyond ASCII needs SMTPUTF8");
  EXPECT_FALSE(parse_path("<ann@b\u00fccher.example>", {}));
  std::string_view rest;
  EXPECT_TRUE(parse_path("<ann@example.net> \u00fc", {}, &rest)) << "only the path counts";
}

TEST(Address, OnlyItsLocalPartCanNeedSmtpUtf8) {
  EXPECT_TRUE(parse_mailbox("ann@b\u00fccher.example", true)->is_ascii());
  EXPECT_FALSE(parse_mailbox("\u00fc@example.net", true)->is_ascii());
}

TEST(Address, SpellingsOfOneDomainAreEqual) {
  EXPECT_EQ(*parse_mailbox("ann@B\u00fccher.example", true),
            *parse_mailbox("ann@XN--BCHER-KVA.Example", true));
  EXPECT_EQ(*parse_mailbox("ann@[IPv6:2001:db8::0001]", false),
            *parse_mailbox("ann@[IPv6:2001:DB8:0:0:0:0:0:1]", false));
  EXPECT_NE(*parse_mailbox("ann@example.net", false), *parse_mailbox("Ann@example.net", false));
}

TEST(Address, LiteralsAreKnownByTheirBrackets) {
  EXPECT_TRUE(parse_mailbox("ann@[192.0.2.1]", false)->is_literal());
  EXPECT_FALSE(parse_mailbox("ann@example.net", false)->is_literal());
}

TEST(Address, WrittenAndReadAgainIsTheSame) {
  for (const std::string local :
       {"ann", "a b", "a\"b", "a\\b", ".", "a..b", "a@b", "<>", "\u00fc,"}) {
    const Address address{.local = local, .domain = "example.net"};
    const auto again = parse_mailbox(to_string(address), true);
    ASSERT_TRUE(again) << to_string(address);
    EXPECT_EQ(*again, address);
  }
}

TEST(ParseMailbox, TakesNoMoreThanOne) {
  EXPECT_FALSE(parse_mailbox("ann@example.net,bob@example.net", false));
  EXPECT_FALSE(parse_mailbox("ann@example.net ", false));
  EXPECT_FALSE(parse_mailbox("<ann@example.net>", false));
  EXPECT_FALSE(parse_mailbox("@a.example:ann@example.net", false));
}

TEST(MakeAddress, ChecksBothParts) {
  EXPECT_EQ(to_string(*make_address("a b", "B\u00fccher.example")),
            "\"a b\"@xn--bcher-kva.example");
  EXPECT_EQ(to_string(*make_address("ann", "[192.0.2.1]")), "ann@[192.0.2.1]");
  EXPECT_FALSE(make_address("", "example.net"));
  EXPECT_FALSE(make_address("a\nb", "example.net"));
  EXPECT_FALSE(make_address("ann", "example.net."));
  EXPECT_FALSE(make_address("ann", ""));
  EXPECT_FALSE(make_address(std::string(65, 'a'), "example.net"));
}

TEST(ParseDomain, DropsOneTrailingDot) {
  EXPECT_EQ(*parse_domain("Example.Net."), "example.net");
  EXPECT_FALSE(parse_domain("example.net.."));
  EXPECT_FALSE(parse_domain("."));
  EXPECT_FALSE(parse_domain(""));
}

TEST(ParseDomain, LengthLimits) {
  EXPECT_TRUE(parse_domain(kDomain253));
  EXPECT_FALSE(parse_domain(kDomain253 + "b"));
  std::string long_label = "\u00fc";
  while (long_label.size() < 130) {
    long_label += "\u00fc";
  }
  EXPECT_FALSE(parse_domain(long_label + ".example")) << "65 characters don't fit in 63 bytes";
  EXPECT_FALSE(parse_domain(std::string(100'000, 'a') + "\u00fc"));
}

TEST(ParseDomain, SaysWhatIsWrong) {
  EXPECT_EQ(
      parse_domain("exa mple.net").error().text(),
      "'exa mple.net' is not a domain: only letters, digits, hyphens and dots may stand in it");
}

TEST(Xtext, EncodesWhatCannotStandAsItIs) {
  EXPECT_EQ(encode_xtext("rfc822;ann+x=y@example.net"), "rfc822;ann+2Bx+3Dy@example.net");
  EXPECT_EQ(encode_xtext(" \x7f\xff\r\n"), "+20+7F+FF+0D+0A");
}

TEST(Xtext, DecodedIsWhatWasEncoded) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all.push_back(static_cast<char>(byte));
  }
  EXPECT_EQ(*decode_xtext(encode_xtext(all)), all);
  EXPECT_EQ(*decode_xtext("a+2b"), "a+");
}

TEST(Xtext, MalformedTextGivesNothing) {
  for (const std::string_view text : {"a+", "a+2", "+2G", "a=b", "a b", "+", "a\r\n", "\xff"}) {
    EXPECT_FALSE(decode_xtext(text)) << text;
  }
}

}  // namespace
}  // namespace postrider::mail
