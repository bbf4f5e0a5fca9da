#include "http/request_target.h"

#include <gtest/gtest.h>

namespace postrider::http {
namespace {

TEST(RequestTarget, PathAndQueryAreDecoded) {
  const auto target =
      parse_target("/v1/credentials/a%2Fb%40c?to=ann%2Btag%40x&text=a+b&empty=&bare");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/v1/credentials/a/b@c");
  EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "credentials", "a/b@c"}));
  const std::map<std::string, std::string> query{
      {"to", "ann+tag@x"}, {"text", "a b"}, {"empty", ""}, {"bare", ""}};
  EXPECT_EQ(target->query, query);
}

TEST(RequestTarget, PlusInAPathIsAPlus) {
  const auto target = parse_target("/a+b");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a+b");
}

TEST(RequestTarget, BrokenTargetsAreRefused) {
  for (const char* text :
       {"", "*", "v1", "http://host/v1", "/a%", "/a%2", "/a%zz", "/a%+1", "/a?x=%"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().code(), Errc::invalid) << text;
  }
}

TEST(RequestTarget, EncodedSegmentsComeBackWhole) {
  const std::string segment = "a/b?c=d&e+f %\xC3\xA4~-._z";
  const auto target = parse_target("/" + percent_encode(segment) + "?q=" + percent_encode(segment));
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, std::vector<std::string>{segment});
  EXPECT_EQ(target->query.at("q"), segment);
}

}  // namespace
}  // namespace postrider::http
