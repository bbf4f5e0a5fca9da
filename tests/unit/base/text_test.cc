#include "base/text.h"

#include <gtest/gtest.h>
#include <string>

namespace postrider {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

TEST(Text, CaseIsAsciiOnly) {
  EXPECT_EQ(lower("AZaz@[`{09\xc3\x9c"), "azaz@[`{09\xc3\x9c");
  EXPECT_TRUE(equal_ignoring_case("Content-TYPE", "content-type"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_FALSE(equal_ignoring_case("\xc3\x9c", "\xc3\xbc"));
  EXPECT_TRUE(starts_with_ignoring_case("SIZE=17", "size="));
  EXPECT_FALSE(starts_with_ignoring_case("SIZ", "size="));
}

TEST(Text, TrimTakesBothEnds) {
  EXPECT_EQ(trim(" \t\r\na b\r\n"), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, SplitKeepsEmptyParts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("a,,b,", ','), (Parts{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (Parts{""}));
}

TEST(Text, HexIsLowerCase) {
  EXPECT_EQ(hex("\x00\xff\x1a"s), "00ff1a");
}

TEST(Base64, HasPadding) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("a"), "YQ==");
  EXPECT_EQ(base64("ab"), "YWI=");
  EXPECT_EQ(base64("\xfb\xff\xbf"), "+/+/");
  EXPECT_EQ(decode_base64("+/+/"), "\xfb\xff\xbf");
  EXPECT_EQ(decode_base64("AGE="), "\0a"s);
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64(std::string_view()), "");
}

TEST(Base64, MalformedTextGivesNothing) {
  for (const std::string_view text :
       {"=", "Y", "YQ", "YQ=", "YQ===", "YR==", "YQ==YQ==", " YQ==", "YQ==\n", "Y-==", "Y\xc3=="}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

TEST(ParseDuration, AddsItsParts) {
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("90s"), 90s);
  EXPECT_EQ(*parse_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_duration("5d"), 120h);
  EXPECT_EQ(*parse_duration("0"), 0ms);
  EXPECT_EQ(*parse_duration("0s"), 0ms);
}

TEST(ParseDuration, RefusesAllElse) {
  std::string endless;
  while (endless.size() < 10'000) {
    endless += "36500d";
  }
  for (const std::string_view text :
       {std::string_view(""), std::string_view("5"), std::string_view("h"), std::string_view("-5m"),
        std::string_view("1.5h"), std::string_view("5 m"), std::string_view("5M"),
        std::string_view("5m "), std::string_view("5y"), std::string_view("99999999999999999999s"),
        std::string_view("9223372036854775807d"), std::string_view("36501d"),
        std::string_view(endless)}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text.substr(0, 50);
    EXPECT_EQ(duration.error().code(), Errc::invalid);
    EXPECT_NE(duration.error().text().find("\"1h30m\""), std::string::npos);
  }
}

TEST(FormatDuration, IsReadBackExactly) {
  for (const Duration duration :
       {0ms, 1ms, 999ms, 1000ms, 61'001ms, 90'000ms, 86'400'000ms, 90'061'001ms}) {
    EXPECT_EQ(*parse_duration(format_duration(duration)), duration);
  }
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(0ms), "0s");
  EXPECT_EQ(format_duration(-90s), "-1m30s");
}

TEST(ParseSize, UnitsArePowersOf1024) {
  EXPECT_EQ(*parse_size("100"), 100U);
  EXPECT_EQ(*parse_size("0"), 0U);
  EXPECT_EQ(*parse_size("64KiB"), 65536U);
  EXPECT_EQ(*parse_size("64k"), 65536U);
  EXPECT_EQ(*parse_size("25MB"), 25U << 20);
  EXPECT_EQ(*parse_size("1GiB"), 1U << 30);
  EXPECT_EQ(*parse_size("7B"), 7U);
}

TEST(ParseSize, RefusesAllElse) {
  for (const std::string_view text : {"", "KiB", "-1", "1.5M", "1 KiB", "1T", "1KiBs", "1i",
                                      "99999999999999999999", "18446744073709551615", "2000000G"}) {
    const auto size = parse_size(text);
    ASSERT_FALSE(size) << text;
    EXPECT_EQ(size.error().code(), Errc::invalid);
  }
}

TEST(FormatTime, IsIso8601InMilliseconds) {
  EXPECT_EQ(format_time(Time(1795499532345ms)), "2026-11-24T05:52:12.345Z");
  EXPECT_EQ(format_time(Time(0ms)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(Time(-1ms)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_time(Time(9223372036855ms)), "2262-04-11T23:47:16.855Z");  // past 2^63 ns
  EXPECT_EQ(format_time(Time::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_time(Time::min()), "0001-01-01T00:00:00.000Z");
}

struct PrintableRow {
  std::string name;
  std::string text;
  std::string want;
};

class Printable : public testing::TestWithParam<PrintableRow> {};

TEST_P(Printable, IsSafeToShow) {
  EXPECT_EQ(printable(GetParam().text), GetParam().want);
  EXPECT_EQ(is_printable(GetParam().text), GetParam().text == GetParam().want);
  EXPECT_TRUE(is_printable(printable(GetParam().text)));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Printable,
    testing::Values(
        PrintableRow{"Plain", "a b~", "a b~"}, PrintableRow{"LineEnds", "a\r\nb", "a??b"},
        PrintableRow{"Tab", "a\tb", "a b"}, PrintableRow{"ZeroByte", "a\0b"s, "a?b"},
        PrintableRow{"Escape", "\x1b[2J", "?[2J"}, PrintableRow{"Delete", "\x7f", "?"},
        PrintableRow{"Utf8", "\u00fc\u20ac\U0001F600", "\u00fc\u20ac\U0001F600"},
        PrintableRow{"C1", "\u0085\u009f\u00a0", "????\u00a0"},
        PrintableRow{"LineSeparator", "\u2028", "???"}, PrintableRow{"Override", "\u202e", "???"},
        PrintableRow{"Isolate", "\u2066", "???"}, PrintableRow{"Overlong", "\xc0\xaf", "??"},
        PrintableRow{"OverlongOfThree", "\xe0\x80\xaf", "???"},
        PrintableRow{"OverlongOfFour", "\xf0\x80\x80\xaf", "????"},
        PrintableRow{"Surrogate", "\xed\xa0\x80", "???"},
        PrintableRow{"BeyondUnicode", "\xf4\x90\x80\x80", "????"},
        PrintableRow{"Cut", "a\xe2\x82", "a??"}, PrintableRow{"Continuation", "\x80", "?"},
        PrintableRow{"InterruptedSequence",
                     "\xc3"
                     "a",
                     "?a"}),
    [](const auto& row) { return row.param.name; });

TEST(Printable, IsCutAtACharactersBorder) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef...");
  EXPECT_EQ(printable("abcde\u00fc", 6), "abcde...");
  EXPECT_EQ(printable("a", 0), "...");
}

TEST(IsUtf8, ControlCharactersAreUtf8) {
  EXPECT_TRUE(is_utf8("a\r\n\0\u0085\u202e\u00fc"s));
  EXPECT_FALSE(is_utf8("a\xff"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
  EXPECT_FALSE(is_utf8("\xc3"));
}

}  // namespace
}  // namespace postrider
