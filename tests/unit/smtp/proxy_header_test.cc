#include "smtp/proxy_header.h"

#include <gtest/gtest.h>
#include <string>

#include "net/network.h"

namespace postrider::smtp {
namespace {

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string binary(char command, char family, const std::string& block) {
  std::string out = kSignature;
  out.push_back(command);
  out.push_back(family);
  out.push_back(static_cast<char>(block.size() >> 8));
  out.push_back(static_cast<char>(block.size() & 255));
  return out + block;
}

std::string parse(const std::string& header) {
  const auto parsed = parse_proxy_header(header);
  if (!parsed) {
    return "error";
  }
  if (!*parsed) {
    return "own";
  }
  return net::to_string((*parsed)->client) + " " + net::to_string((*parsed)->server);
}

const std::string kV4Block("\xC0\x00\x02\x01\xC6\x33\x64\x02\x30\x39\x00\x19", 12);
const std::string kV6Block = std::string("\x20\x01\x0D\xB8", 4) + std::string(11, '\0') + "\x01" +
                             std::string("\x20\x01\x0D\xB8", 4) + std::string(11, '\0') + "\x02" +
                             std::string("\x30\x39\x00\x19", 4);

TEST(ProxyHeader, BothVersionsNameBothEnds) {
  EXPECT_EQ(parse("PROXY TCP4 192.0.2.1 198.51.100.2 12345 25\r\n"),
            "192.0.2.1:12345 198.51.100.2:25");
  EXPECT_EQ(parse("PROXY TCP6 2001:db8::1 2001:db8::2 12345 25\r\n"),
            "[2001:db8::1]:12345 [2001:db8::2]:25");
  EXPECT_EQ(parse(binary(0x21, 0x11, kV4Block)), "192.0.2.1:12345 198.51.100.2:25");
  EXPECT_EQ(parse(binary(0x21, 0x21, kV6Block)), "[2001:db8::1]:12345 [2001:db8::2]:25");
  EXPECT_EQ(parse(binary(0x21, 0x11, kV4Block + "further fields")),
            "192.0.2.1:12345 198.51.100.2:25");
}

TEST(ProxyHeader, AProxyMaySpeakForItself) {
  EXPECT_EQ(parse("PROXY UNKNOWN\r\n"), "own");
  EXPECT_EQ(parse("PROXY UNKNOWN a b c d\r\n"), "own");
  EXPECT_EQ(parse(binary(0x20, 0x00, "")), "own");
  EXPECT_EQ(parse(binary(0x20, 0x11, kV4Block)), "own");
  EXPECT_EQ(parse(binary(0x21, 0x31, std::string(216, 'x'))), "own");
}

TEST(ProxyHeader, MalformedHeadersAreRefused) {
  for (const std::string& header :
       {std::string("PROXY TCP4 192.0.2.1 198.51.100.2 12345\r\n"),
        std::string("PROXY TCP4 2001:db8::1 198.51.100.2 12345 25\r\n"),
        std::string("PROXY TCP4 192.0.2.1 198.51.100.2 123456 25\r\n"),
        std::string("PROXY TCP4 192.0.2.1 198.51.100.2 -1 25\r\n"),
        std::string("PROXY TCP5 192.0.2.1 198.51.100.2 1 25\r\n"),
        std::string("PROXY TCP4 192.0.2.1  198.51.100.2 1 25\r\n"),
        std::string("EHLO client.example\r\n"), "PROXY TCP4 " + std::string(100, '1') + "\r\n",
        binary(0x11, 0x11, kV4Block), binary(0x22, 0x11, kV4Block), binary(0x21, 0x11, "short"),
        binary(0x21, 0x21, kV4Block), binary(0x21, 0x11, std::string(5000, 'x')),
        binary(0x21, 0x11, kV4Block).substr(0, 20)}) {
    EXPECT_EQ(parse(header), "error") << testing::PrintToString(header);
  }
}

// A reader that takes only what lacks never takes a byte of what follows.
TEST(ProxyHeader, WhatLacksNeverReachesBeyondTheHeader) {
  for (const std::string& header :
       {std::string("PROXY UNKNOWN\r\n"), std::string("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n"),
        binary(0x20, 0x00, ""), binary(0x21, 0x21, kV6Block)}) {
    std::string received;
    while (true) {
      const auto lacks = proxy_header_lacks(received);
      ASSERT_TRUE(lacks) << received;
      if (*lacks == 0) {
        break;
      }
      ASSERT_LE(received.size() + *lacks, header.size());
      received = header.substr(0, received.size() + *lacks);
    }
    EXPECT_EQ(received, header);
  }
}

}  // namespace
}  // namespace postrider::smtp
