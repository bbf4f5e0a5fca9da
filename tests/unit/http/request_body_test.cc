#include "http/request_body.h"

#include <gtest/gtest.h>

namespace postrider::http {
namespace {

TEST(RequestBody, MembersAreFoundByNameAndKind) {
  const auto body = RequestBody::parse(R"({"name": "shop", "active": false, "dsn": null})",
                                       {"name", "active", "dsn"});
  ASSERT_TRUE(body);
  EXPECT_EQ(*body->text("name"), "shop");
  EXPECT_EQ(*body->flag("active"), false);
  EXPECT_EQ(*body->text("dsn"), std::nullopt);
  EXPECT_EQ(*body->required_text("name"), "shop");
  EXPECT_FALSE(body->required_text("dsn"));
}

TEST(RequestBody, NothingIsAnEmptyObject) {
  EXPECT_TRUE(RequestBody::parse(" \r\n", {}));
}

TEST(RequestBody, AnUnknownMemberIsNamed) {
  const auto body = RequestBody::parse(R"({"nmae": "shop"})", {"name", "dsn"});
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().text(), "there is no 'nmae'; known here: name, dsn");
}

TEST(RequestBody, WrongKindsAreRefused) {
  const auto body = RequestBody::parse(R"({"name": 5, "active": "yes"})", {"name", "active"});
  ASSERT_TRUE(body);
  EXPECT_EQ(body->text("name").error().text(), "name must be a string");
  EXPECT_EQ(body->flag("active").error().text(), "active must be true or false");
}

TEST(RequestBody, WhatIsNoObjectIsRefused) {
  for (const char* text : {"[]", "\"name\"", "{", "{} {}", "nonsense"}) {
    EXPECT_FALSE(RequestBody::parse(text, {"name"})) << text;
  }
}

TEST(QueryNumber, BoundsHold) {
  EXPECT_EQ(*query_number("limit", "", 1, 10, 5), 5U);
  EXPECT_EQ(*query_number("limit", "10", 1, 10, 5), 10U);
  for (const char* text : {"0", "11", "-1", "1x", " 1", "99999999999999999999999"}) {
    EXPECT_FALSE(query_number("limit", text, 1, 10, 5)) << text;
  }
}

}  // namespace
}  // namespace postrider::http
