#include "track/untracked.h"

#include <gtest/gtest.h>

namespace postrider::track {
namespace {

const std::string kHead = "MIME-Version: 1.0\r\nContent-Type: text/html\r\n";

LinkRules rules() {
  LinkRules all;
  all.base = "https://t.example";
  all.opens = true;
  all.clicks = true;
  all.url_tags = {{.name = "utm_source", .value = "shop"}};
  return all;
}

std::string copy_of(const std::string& message) {
  const Plan plan = plan_message(message, rules());
  EXPECT_FALSE(plan.regions.empty());
  const auto splice = untracked_splice(plan, message).value();
  const TokenKeys keys = TokenKeys::create({{.id = 1, .key = {}}}).value();
  return splice ? splice->copy_for(keys.maker(AccountId{1}, MessageId{1024}), 0) : message;
}

TEST(Untracked, LinksAreAsTheyWereAndThereIsNoPixel) {
  const std::string message =
      kHead + "\r\n<body><a href=\"https://shop.example/?a=1\">x</a></body>\r\n";
  EXPECT_EQ(untracked_splice(plan_message(message, rules()), message).value(), nullptr)
      << "the message itself will do";
  EXPECT_EQ(copy_of(message), message);
}

TEST(Untracked, WhatIsWrittenForUsAloneIsTakenOut) {
  EXPECT_EQ(copy_of(kHead + "\r\n<body>{{tracker}}<a href=\"https+notrack://x.example/\">x</a>"
                            "<a href=\"https://y.example/\">y</a></body>\r\n"),
            kHead +
                "\r\n<body><a href=\"https://x.example/\">x</a>"
                "<a href=\"https://y.example/\">y</a></body>\r\n");
}

TEST(Untracked, TheSameInEveryEncoding) {
  const std::string page = "<body>{{tracker}}<a href=\"https://y.example/\">y</a></body>";
  const std::string in_base64 =
      kHead + "Content-Transfer-Encoding: base64\r\n\r\n" +
      "PGJvZHk+e3t0cmFja2VyfX08YSBocmVmPSJodHRwczovL3kuZXhhbXBsZS8iPnk8L2E+PC9ib2R5Pg==\r\n";
  const std::string copy = copy_of(in_base64);
  EXPECT_NE(copy.find("PGJvZHk+PGEgaHJlZj0iaHR0cHM6Ly95LmV4YW1wbGUvIj55PC9hPjwvYm9keT4="),
            std::string::npos)
      << copy;
  const std::string quoted = kHead +
                             "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                             "<body>{{tracker}}<a href=3D\"https://y.example/\">y</a></body>\r\n";
  EXPECT_EQ(copy_of(quoted), kHead +
                                 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                                 "<body><a href=3D\"https://y.example/\">y</a></body>\r\n");
}

}  // namespace
}  // namespace postrider::track
