#include "net/network.h"

#include <gtest/gtest.h>

namespace postrider::net {
namespace {

namespace ip = boost::asio::ip;

TEST(Network, IsReadAndHoldsItsAddresses) {
  struct Row {
    const char* network;
    const char* address;
    bool is_in;
  };
  for (const Row& row :
       {Row{"10.0.0.0/8", "10.255.1.2", true}, Row{"10.0.0.0/8", "11.0.0.0", false},
        Row{"10.1.2.3/8", "10.9.9.9", true}, Row{"192.0.2.128/25", "192.0.2.127", false},
        Row{"192.0.2.128/25", "192.0.2.255", true}, Row{"0.0.0.0/0", "203.0.113.1", true},
        Row{"0.0.0.0/0", "2001:db8::1", false}, Row{"192.0.2.1", "192.0.2.1", true},
        Row{"192.0.2.1", "192.0.2.2", false}, Row{"10.0.0.0/8", "::ffff:10.1.1.1", true},
        Row{"2001:db8::/32", "2001:db8:ffff::1", true},
        Row{"2001:db8::/33", "2001:db8:8000::1", false}, Row{"::/0", "2001:db8::1", true},
        Row{"::1", "::1", true}}) {
    const auto network = parse_network(row.network);
    ASSERT_TRUE(network) << row.network;
    EXPECT_EQ(network->contains(ip::make_address(row.address)), row.is_in)
        << row.network << " " << row.address;
  }
}

TEST(Network, WhatIsNoneIsRefused) {
  for (const char* text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ",
                           "10.0.0/8", "::/129", "localhost", "10.0.0.0/8/8", "[::1]"}) {
    const auto network = parse_network(text);
    ASSERT_FALSE(network) << text;
    EXPECT_EQ(network.error().code(), Errc::invalid);
  }
}

TEST(Endpoint, IsReadAndWritten) {
  for (const char* text : {"127.0.0.1:2525", "[::1]:25", "0.0.0.0:0", "[2001:db8::1]:65535"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(to_string(*endpoint), text);
  }
  EXPECT_EQ(to_string(*parse_endpoint("[::ffff:192.0.2.1]:25")), "192.0.2.1:25");
}

TEST(Endpoint, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:25", "[::1]",
        "localhost:25", ":25", "127.0.0.1:-1", "127.0.0.1:25 "}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().code(), Errc::invalid);
  }
}

TEST(IsPublic, KnowsWhatIsNotOnTheInternet) {
  for (const char* text : {"0.0.0.0",
                           "10.0.0.1",
                           "100.64.0.1",
                           "127.0.0.1",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.168.1.1",
                           "198.18.0.1",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::127.0.0.1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "fe80::1",
                           "fec0::1",
                           "fc00::1",
                           "fdff::1",
                           "ff02::1",
                           "2001:db8::1",
                           "3fff::1",
                           "100::1",
                           "64:ff9b:1::1"}) {
    EXPECT_FALSE(is_public(ip::make_address(text))) << text;
  }
  for (const char* text : {"1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "192.0.3.1",
                           "223.255.255.255", "2a00:1450::1", "2606:4700::1", "::ffff:1.1.1.1"}) {
    EXPECT_TRUE(is_public(ip::make_address(text))) << text;
  }
}

}  // namespace
}  // namespace postrider::net
