#include "delivery/destination.h"

#include <gtest/gtest.h>
#include <set>

namespace postrider::delivery {
namespace {

Route route_to(std::string host, std::uint16_t port) {
  Route route;
  route.host = std::move(host);
  route.port = port;
  return route;
}

dns::MailExchangers exchangers(std::vector<std::string> names) {
  dns::MailExchangers found;
  for (const std::string& name : names) {
    found.site += (found.site.empty() ? "" : ",") + name;
    found.hosts.push_back({.name = name, .preference = 10, .addresses = {}});
  }
  return found;
}

TEST(FindRoute, TheAccountsRouteWinsOverTheDomains) {
  Options options;
  options.routes.set("*", route_to("127.0.0.1", 2600));
  options.account_routes.emplace_back("shop", route_to("192.0.2.1", 587));
  EXPECT_EQ(find_route(options, "example.net", "shop")->port, 587);
  EXPECT_EQ(find_route(options, "example.net", "other")->port, 2600);
}

TEST(FindRoute, WithoutARouteMailGoesByMx) {
  Options options;
  options.routes.set("example.com", route_to("127.0.0.1", 2600));
  EXPECT_EQ(find_route(options, "example.net", ""), nullptr);
}

TEST(DestinationByRoute, IsNamedByHostPortAndLogin) {
  Options options;
  Route route = route_to("2001:db8::1", 587);
  route.user = "me";
  EXPECT_EQ(destination_by_route(options, "example.net", route)->site, "me@[2001:db8::1]:587");
}

TEST(DestinationByRoute, TheRoutesTlsWinsOverTheSites) {
  Options options;
  options.default_limits.tls = TlsPolicy::none;
  Route route = route_to("127.0.0.1", 25);
  route.tls = TlsPolicy::verified;
  EXPECT_EQ(destination_by_route(options, "example.net", route)->limits.tls, TlsPolicy::verified);
}

TEST(DestinationByMx, TheRuleOfTheMxHoldsForEveryDomainThere) {
  Options options;
  SiteRule rule;
  rule.connections = 2;
  options.mx_rules.set("*.example.net", rule);
  const auto made = destination_by_mx(options, "shop.example", exchangers({"mx1.example.net"}));
  EXPECT_EQ(made->limits.connections, 2U);
  EXPECT_EQ(made->limits.messages_per_connection, options.default_limits.messages_per_connection);
  EXPECT_EQ(made->site, "mx1.example.net");
}

// Equal sets of hosts are one site: what holds there must not depend on a domain's preferences.
TEST(DestinationByMx, TheRuleOfAnMxHoldsWhereverItStandsInTheSet) {
  Options options;
  SiteRule rule;
  rule.tls = TlsPolicy::required;
  options.mx_rules.set("mx2.example.net", rule);
  for (const auto& names : {std::vector<std::string>{"mx1.example.net", "mx2.example.net"},
                            std::vector<std::string>{"mx2.example.net", "mx1.example.net"}}) {
    const auto made = destination_by_mx(options, "shop.example", exchangers(names));
    EXPECT_EQ(made->limits.tls, TlsPolicy::required) << names.front();
  }
}

// Mail that must not go in the clear must not find an open connection of mail that may.
TEST(DestinationByRoute, AnotherTlsIsAnotherSite) {
  const Options options;
  std::set<std::string> sites;
  for (const auto tls : {std::optional<TlsPolicy>(), std::optional(TlsPolicy::none),
                         std::optional(TlsPolicy::required), std::optional(TlsPolicy::verified)}) {
    Route route = route_to("127.0.0.1", 25);
    route.tls = tls;
    sites.insert(destination_by_route(options, "example.net", route)->site);
    route.implicit_tls = true;
    sites.insert(destination_by_route(options, "example.net", route)->site);
  }
  EXPECT_EQ(sites.size(), 8U);
  EXPECT_TRUE(sites.contains("127.0.0.1:25"));
}

TEST(DestinationByMx, ADomainWithARuleOfItsOwnIsASiteOfItsOwn) {
  Options options;
  SiteRule of_mx;
  of_mx.connections = 2;
  of_mx.messages_per_second = 5;
  options.mx_rules.set("*.example.net", of_mx);
  SiteRule own;
  own.connections = 7;
  options.domain_rules.set("*.shop.example", own);
  const auto made = destination_by_mx(options, "a.shop.example", exchangers({"mx1.example.net"}));
  EXPECT_EQ(made->limits.connections, 7U);
  EXPECT_EQ(made->limits.messages_per_second, 5);
  EXPECT_EQ(made->site, "mx1.example.net (*.shop.example)");
}

}  // namespace
}  // namespace postrider::delivery
