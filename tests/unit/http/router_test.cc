#include "http/router.h"

#include <gtest/gtest.h>

#include "awaiting.h"
#include "http/answer.h"
#include "http/request_target.h"

namespace postrider::http {
namespace {

Router::Action says(const std::string& what) {
  return [what](Call call) -> boost::asio::awaitable<Response> {
    std::string names;
    for (const auto& [name, value] : call.names) {
      names += " " + name + "=" + value;
    }
    co_return json_answer(what + names);
  };
}

Response ask(const Router& router, const std::string& method, const std::string& text) {
  const auto target = parse_target(text);
  Request request;
  request.method = method;
  request.path = target->path;
  request.segments = target->segments;
  return await(router.answer(std::move(request)));
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.add("GET", "/v1/domains", says("list"));
    router_.add("POST", "/v1/domains", says("add"));
    router_.add("GET", "/v1/domains/{name}", says("show"));
    router_.add("GET", "/v1/domains/{name}/check", says("check"));
  }
  Router router_;
};

TEST_F(RouterTest, MethodAndPathChoose) {
  EXPECT_EQ(ask(router_, "GET", "/v1/domains").body, "list\n");
  EXPECT_EQ(ask(router_, "POST", "/v1/domains").body, "add\n");
  EXPECT_EQ(ask(router_, "GET", "/v1/domains/example.com").body, "show name=example.com\n");
  EXPECT_EQ(ask(router_, "GET", "/v1/domains/a%2Fb/check").body, "check name=a/b\n");
}

TEST_F(RouterTest, UnknownPathsAreNotFound) {
  for (const char* path :
       {"/", "/v1", "/v1/domains/", "/v1/domains/a/b", "/v1/domains/a/check/b"}) {
    EXPECT_EQ(ask(router_, "GET", path).status, 404) << path;
  }
}

TEST_F(RouterTest, AnotherMethodIsToldWhichThereAre) {
  const Response response = ask(router_, "DELETE", "/v1/domains");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.at("Allow"), "GET, POST");
  EXPECT_NE(response.body.find("method_not_allowed"), std::string::npos);
}

}  // namespace
}  // namespace postrider::http
