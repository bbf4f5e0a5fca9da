#include "acme/objects.h"

#include <gtest/gtest.h>

namespace postrider::acme {
namespace {

TEST(AcmeDirectory, HasTheUrlsThatWeNeed) {
  const auto directory = parse_directory(
      R"({"newNonce": "https://ca/n", "newAccount": "https://ca/a", "newOrder": "https://ca/o",
          "keyChange": "https://ca/k", "meta": {"termsOfService": "https://ca/t",
          "externalAccountRequired": true}})");
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->new_order, "https://ca/o");
  EXPECT_EQ(directory->terms, "https://ca/t");
  EXPECT_TRUE(directory->wants_external_account);
  EXPECT_EQ(parse_directory(R"({"newNonce": "x"})").error().text(),
            "the directory: has no 'newAccount'");
  EXPECT_FALSE(parse_directory("<html>"));
  EXPECT_FALSE(parse_directory("[]"));
  EXPECT_FALSE(parse_directory(R"({"newNonce": 1, "newAccount": [], "newOrder": {}})"));
}

TEST(AcmeProblem, IsReadWithItsParts) {
  const Problem problem = parse_problem(
      R"({"type": "urn:ietf:params:acme:error:unauthorized", "detail": "wrong key",
          "subproblems": [{"type": "urn:ietf:params:acme:error:caa", "detail": "forbidden"}]})");
  EXPECT_EQ(problem.type, "unauthorized");
  EXPECT_EQ(problem.text(), "wrong key; forbidden (caa) (unauthorized)");
  EXPECT_EQ(parse_problem("<html>\nbad gateway").text(), "<html>?bad gateway")
      << "a proxy's words, without control characters";
  EXPECT_EQ(parse_problem("").text(), "");
}

TEST(AcmeOrder, IsReadWithWhatItWaitsFor) {
  const auto order = parse_order(
      R"({"status": "pending", "authorizations": ["https://ca/z/1", 7], "finalize": "https://ca/f"})");
  ASSERT_TRUE(order);
  EXPECT_EQ(order->authorizations, std::vector<std::string>{"https://ca/z/1"});
  EXPECT_FALSE(order->problem);
  EXPECT_FALSE(parse_order(R"({"status": "pending"})"));
  EXPECT_EQ(parse_order(R"({"status": "invalid", "finalize": "f", "error": {"detail": "no"}})")
                ->problem->text(),
            "no");
}

TEST(AcmeAuthorization, LeavesOutTokensThatAreNone) {
  const auto authorization = parse_authorization(
      R"({"status": "pending", "identifier": {"type": "dns", "value": "A.example"}, "challenges": [
          {"type": "http-01", "url": "https://ca/c/1", "token": "abc-_9"},
          {"type": "http-01", "url": "https://ca/c/2", "token": "../../etc/passwd"},
          {"type": "dns-01", "url": "https://ca/c/3", "token": ""}]})");
  ASSERT_TRUE(authorization);
  EXPECT_EQ(authorization->host, "a.example");
  ASSERT_EQ(authorization->challenges.size(), 1U);
  EXPECT_EQ(authorization->challenges[0].token, "abc-_9");
}

}  // namespace
}  // namespace postrider::acme
