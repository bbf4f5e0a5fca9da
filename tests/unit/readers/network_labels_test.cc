#include "readers/network_labels.h"

#include <gtest/gtest.h>

namespace postrider::readers {
namespace {

std::string label(const NetworkLabels& labels, const char* address) {
  return labels.label(boost::asio::ip::make_address(address));
}

TEST(NetworkLabels, TheSmallestNetworkCounts) {
  const auto labels =
      NetworkLabels::parse(
          "# ours\n10.0.0.0/8 inside\n10.1.0.0/16\toffice  # the new one\r\n\n"
          "10.1.2.3 printer\n192.0.2.77/24 by-its-host\n2001:db8::/32 inside\n0.0.0.0/0 anywhere\n",
          "networks")
          .value();
  EXPECT_EQ(label(labels, "10.2.0.1"), "inside");
  EXPECT_EQ(label(labels, "10.1.255.255"), "office");
  EXPECT_EQ(label(labels, "::ffff:10.1.2.3"), "printer");
  EXPECT_EQ(label(labels, "2001:db8:ffff::1"), "inside");
  EXPECT_EQ(label(labels, "192.0.2.1"), "by-its-host");
  EXPECT_EQ(label(labels, "2001:db9::1"), "") << "0.0.0.0/0 is of IPv4";
  EXPECT_EQ(label(labels, "8.8.8.8"), "anywhere");
}

struct Wrong {
  const char* name;
  const char* text;
  const char* why;
};
class WrongLine : public testing::TestWithParam<Wrong> {};

TEST_P(WrongLine, IsNamed) {
  const auto parsed = NetworkLabels::parse(GetParam().text, "networks");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), Errc::invalid);
  EXPECT_EQ(parsed.error().text().find(GetParam().why), 0U) << parsed.error().text();
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongLine,
    testing::Values(Wrong{"NoNetwork", "\nx y\n", "networks:2: "},
                    Wrong{"NoLabel", "10.0.0.0/8\n", "networks:1: '' is not a label"},
                    Wrong{"LabelOfTwoWords", "10.0.0.0/8 a b", "networks:1: 'a b' is not a label"},
                    Wrong{"Twice", "10.0.0.0/8 a\n10.0.0.0/8 b",
                          "networks:2: 10.0.0.0/8 has the label 'a' already"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace postrider::readers
