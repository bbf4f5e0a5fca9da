#include "smtp/reply.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace postrider::smtp {
namespace {

Reply reply(int code, std::string enhanced, std::string text) {
  return {.code = code, .enhanced = std::move(enhanced), .text = std::move(text), .close = false};
}

TEST(Reply, WireForms) {
  EXPECT_EQ(to_wire(reply(250, "2.0.0", "ok")), "250 2.0.0 ok\r\n");
  EXPECT_EQ(to_wire(reply(334, "", "")), "334 \r\n");
  EXPECT_EQ(to_wire(reply(250, "", "mx\nSIZE 1\nHELP")), "250-mx\r\n250-SIZE 1\r\n250 HELP\r\n");
  EXPECT_EQ(to_wire(reply(550, "5.1.1", "a\nb")), "550-5.1.1 a\r\n550 5.1.1 b\r\n");
  EXPECT_EQ(to_wire(reply(550, "", "a\n")), "550-a\r\n550 \r\n");
}

TEST(Reply, ForeignTextCannotForgeALine) {
  EXPECT_EQ(to_wire(reply(550, "5.1.1", "no\r250 \x01yes\x7F")), "550 5.1.1 no?250 ?yes?\r\n");
}

TEST(Reply, LongTextIsBrokenIntoLinesThatFit) {
  for (const std::string& text : {std::string(3000, 'x'), [] {
                                    std::string words;
                                    while (words.size() < 3000) {
                                      words += "word\xC3\xA4 ";
                                    }
                                    return words;
                                  }()}) {
    const std::string wire = to_wire(reply(550, "5.7.1", text));
    std::string joined;
    for (std::size_t at = 0; at < wire.size();) {
      const auto end = wire.find("\r\n", at);
      EXPECT_LE(end + 2 - at, 512U);
      EXPECT_EQ(wire.substr(at, 4), end + 2 == wire.size() ? "550 " : "550-");
      EXPECT_EQ(wire.substr(at + 4, 6), "5.7.1 ");
      EXPECT_NE(static_cast<unsigned char>(wire[at + 10]) & 0xC0, 0x80) << "a cut character";
      joined += wire.substr(at + 10, end - at - 10);
      at = end + 2;
    }
    std::string squeezed = text;
    std::erase(squeezed, ' ');
    std::erase(joined, ' ');
    EXPECT_EQ(joined, squeezed);
  }
}

TEST(Reply, OnOneLine) {
  EXPECT_EQ(to_string(reply(550, "5.1.1", "no\nsuch user")), "550 5.1.1 no such user");
  EXPECT_EQ(to_string(reply(421, "", "")), "421");
}

struct Parse {
  const char* name;
  std::string input;
  Reply want;
  std::size_t rest = 0;  ///< bytes behind the reply
};

const std::vector<Parse> kParses{
    {"Plain", "250 ok\r\n", reply(250, "", "ok")},
    {"Enhanced", "550 5.1.1 no such user\r\n", reply(550, "5.1.1", "no such user")},
    {"EnhancedAlone", "250 2.0.0\r\n", reply(250, "2.0.0", "")},
    {"CodeAlone", "250\r\n", reply(250, "", "")},
    {"CodeAndSpace", "250 \r\n", reply(250, "", "")},
    {"BareLf", "250-a\n250 b\n", reply(250, "", "a\nb")},
    {"Multi", "550-5.7.1 a\r\n550-5.7.1 b\r\n550 5.7.1 c\r\n", reply(550, "5.7.1", "a\nb\nc")},
    {"EnhancedOnFirstLineOnly", "550-5.7.1 a\r\n550 b\r\n", reply(550, "5.7.1", "a\nb")},
    {"EnhancedOfAnotherClassIsText", "250 5.1.1 x\r\n", reply(250, "", "5.1.1 x")},
    {"VersionIsNoEnhancedCode", "220 2.6.18.3 kernel\r\n", reply(220, "", "2.6.18.3 kernel")},
    {"NumberIsNoEnhancedCode", "250 2.5 x\r\n", reply(250, "", "2.5 x")},
    {"TheNextReplyStays", "250 a\r\n354 b\r\n", reply(250, "", "a"), 7},
};

TEST(ReplyParser, TableHoldsHoweverTheInputArrives) {
  for (const Parse& row : kParses) {
    for (std::size_t step = 1; step <= row.input.size(); ++step) {
      ReplyParser parser;
      std::string buffer;
      for (std::size_t at = 0; at < row.input.size(); at += step) {
        buffer += row.input.substr(at, step);
        const auto used = parser.feed(buffer);
        ASSERT_TRUE(used) << row.name << ": " << used.error().text();
        buffer.erase(0, *used);
      }
      ASSERT_TRUE(parser.done()) << row.name;
      EXPECT_EQ(buffer.size(), row.rest) << row.name;
      const Reply got = parser.take();
      EXPECT_EQ(got.code, row.want.code) << row.name;
      EXPECT_EQ(got.enhanced, row.want.enhanced) << row.name;
      EXPECT_EQ(got.text, row.want.text) << row.name;
      EXPECT_FALSE(parser.done());
    }
  }
}

TEST(ReplyParser, WhatIsNoReplyIsInvalid) {
  std::string endless;
  for (int i = 0; i < 200; ++i) {
    endless += "250-x\r\n";
  }
  for (const std::string& input :
       {std::string("hello\r\n"), std::string("25\r\n"), std::string("650 x\r\n"),
        std::string("150 x\r\n"), std::string("250x\r\n"), std::string("\r\n"),
        std::string("250-a\r\n251 b\r\n"), std::string("SSH-2.0-OpenSSH\r\n"),
        std::string(3000, '2'), "250 " + std::string(2100, 'x') + "\r\n", endless}) {
    ReplyParser parser;
    const auto used = parser.feed(input);
    ASSERT_FALSE(used) << input.substr(0, 20);
    EXPECT_EQ(used.error().code(), Errc::invalid);
  }
}

TEST(ReplyParser, FurtherTextIsDiscarded) {
  std::string input;
  for (int i = 0; i < 100; ++i) {
    input += (i < 99 ? "250-" : "250 ") + std::string(1000, 'x') + "\r\n";
  }
  ReplyParser parser;
  ASSERT_TRUE(parser.feed(input));
  ASSERT_TRUE(parser.done());
  EXPECT_LE(parser.take().text.size(), ReplyParser::kLongestText);
}

}  // namespace
}  // namespace postrider::smtp
