#include "dns/wire.h"

#include <gtest/gtest.h>

namespace postrider::dns {
namespace {

using std::string_literals::operator""s;

TEST(Wire, NameIsLowerCaseWithDots) {
  EXPECT_EQ(read_name("\x02MX\x07"
                      "Example\0"s),
            "mx.example");
  EXPECT_EQ(read_name("\0"s), "");
}

TEST(Wire, MalformedNamesAreNothing) {
  const std::string cases[] = {
      "",            // no data
      "\x02mx"s,     // does not end
      "\x05mx\0"s,   // shorter than its length says
      "\x02mx\0x"s,  // more behind the end
      "\xC0\x0C"s,   // a pointer
      "\x02m.\0"s,   // a dot within a label
      "\x03"
      "a,b\0"s,  // two names in one, once they are joined
      "\x04"
      "a:25\0"s,       // a port
      "\x02m \0"s,     // a space
      "\x02m\n\0"s,    // a control character
      "\x02m\xE9\0"s,  // not ASCII
  };
  for (const std::string& data : cases) {
    EXPECT_FALSE(read_name(data)) << testing::PrintToString(data);
  }
}

TEST(Wire, MxIsPreferenceAndHost) {
  const auto mx = read_mx("\x01\x02\x02mx\0"s);
  ASSERT_TRUE(mx);
  EXPECT_EQ(mx->preference, 258);
  EXPECT_EQ(mx->host, "mx");
  EXPECT_FALSE(read_mx("\x01\x02"s));
}

TEST(Wire, TxtJoinsItsStrings) {
  EXPECT_EQ(read_txt("\x02"
                     "ab\0\x01"
                     "c"s),
            "abc");
  EXPECT_EQ(read_txt(""), "");
  EXPECT_FALSE(
      read_txt("\x03"
               "ab"s));
}

/// A header that announces `answers` of them, a question, and records that point back to it.
std::string message(std::uint8_t answers, const std::string& records) {
  return "\0\0\x80\0\0\x01\0"s + static_cast<char>(answers) + "\0\0\0\0"s + "\x01x\0\0\x01\0\x01"s +
         records;
}

constexpr char kCname[] = "\xC0\x0C\0\x05\0\x01\0\0\0\0\0\x03\x01y\0";
constexpr char kAddress[] = "\xC0\x0C\0\x01\0\x01\0\0\0\0\0\x04\x0B\0\0\x01";

TEST(Wire, CnamesOfTheAnswerAreCounted) {
  const std::string cname(kCname, sizeof(kCname) - 1);
  const std::string address(kAddress, sizeof(kAddress) - 1);
  EXPECT_EQ(count_cnames(message(3, cname + cname + address)), 2U);
  EXPECT_EQ(count_cnames(message(1, address + cname)), 0U);
}

TEST(Wire, TruncatedMessageIsCountedAsFarAsItGoes) {
  const std::string cname(kCname, sizeof(kCname) - 1);
  const std::string whole = message(9, cname + cname);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    EXPECT_LE(count_cnames(std::string(whole, 0, size)), 2U) << size;
  }
}

}  // namespace
}  // namespace postrider::dns
