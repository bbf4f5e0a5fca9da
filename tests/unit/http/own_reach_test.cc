// Whether hosts lead to us: tracking hosts, and those that take our bounces.
#include "http/own_reach.h"

#include <gtest/gtest.h>

#include "awaiting.h"
#include "http/domain_watch.h"
#include "http/link_probe.h"
#include "http/mx_check.h"
#include "http/tracking_host.h"
#include "support/fake_resolver.h"

namespace postrider::http {
namespace {

using boost::asio::awaitable;
using boost::asio::ip::make_address;

/// Names may be aliases.
class Names : public test::FakeResolver {
 public:
  std::map<std::string, std::string> aliases;

  awaitable<Result<dns::Answer<boost::asio::ip::address>>> addresses(std::string name, bool v4,
                                                                     bool v6) override {
    const auto alias = aliases.find(name);
    const std::string at = alias == aliases.end() ? name : alias->second;
    co_return co_await FakeResolver::addresses(at, v4, v6);
  }
};

class OwnReach : public testing::Test {
 protected:
  void SetUp() override {
    names_.hosts["links.esp.example"] = {make_address("192.0.2.1"), make_address("192.0.2.2")};
    names_.hosts["mx.esp.example"] = {make_address("192.0.2.25")};
    names_.hosts["elsewhere.example"] = {make_address("203.0.113.1")};
    names_.hosts["half.example"] = {make_address("192.0.2.1"), make_address("203.0.113.1")};
    names_.hosts["direct.example"] = {make_address("192.0.2.2")};
    names_.aliases["links.shop.example"] = "links.esp.example";
    names_.aliases["links.other.example"] = "elsewhere.example";
  }

  Reach reach(const std::string& host, std::vector<std::string> own = {"links.esp.example"}) {
    return await(look_where_it_leads(names_, host, std::move(own)));
  }
  Finding mx(const std::string& domain) {
    return await(look_at_mx(names_, domain, "mx.esp.example", {"192.0.2.77"}));
  }

  Names names_;
};

TEST_F(OwnReach, IsByNameByAliasOrByAllAddresses) {
  EXPECT_EQ(reach("links.esp.example").verdict, Verdict::ok);
  EXPECT_EQ(reach("links.shop.example").verdict, Verdict::ok);
  EXPECT_EQ(reach("links.shop.example").found.front(), "CNAME links.esp.example");
  EXPECT_EQ(reach("direct.example").verdict, Verdict::ok);
  EXPECT_EQ(reach("direct.example", {"192.0.2.2"}).verdict, Verdict::ok);
}

TEST_F(OwnReach, IsNotWhatLeadsElsewhere) {
  EXPECT_EQ(reach("links.other.example").verdict, Verdict::wrong);
  EXPECT_EQ(reach("half.example").verdict, Verdict::wrong) << "some readers would come elsewhere";
  EXPECT_EQ(reach("links.shop.example", {}).verdict, Verdict::wrong);
  EXPECT_EQ(reach("nowhere.example").verdict, Verdict::missing);
  EXPECT_EQ(reach("down.example").verdict, Verdict::unknown);
}

TEST_F(OwnReach, BouncesComeInByAnMxThatIsOurs) {
  names_.mail["bounces.a.example"] = {{.preference = 10, .host = "mx.esp.example"}};
  EXPECT_EQ(mx("bounces.a.example").verdict, Verdict::ok);
  names_.hosts["alias.example"] = {make_address("192.0.2.77")};
  names_.mail["b.example"] = {{.preference = 10, .host = "alias.example"}};
  EXPECT_EQ(mx("b.example").verdict, Verdict::ok) << "another name for one of our addresses";
  names_.hosts["c.example"] = {make_address("192.0.2.25")};
  EXPECT_EQ(mx("c.example").verdict, Verdict::ok) << "no MX: the domain is its own";
}

TEST_F(OwnReach, BouncesAreLostByAnMxThatIsNot) {
  names_.mail["a.example"] = {{.preference = 20, .host = "mx.esp.example"},
                              {.preference = 10, .host = "elsewhere.example"}};
  const Finding first = mx("a.example");
  EXPECT_EQ(first.verdict, Verdict::wrong) << "the best is asked first";
  EXPECT_EQ(first.found[0], "MX 20 mx.esp.example");
  EXPECT_NE(first.advice.find("publish a.example MX 10 mx.esp.example."), std::string::npos);
  names_.mail["b.example"] = {{.preference = 10, .host = "nowhere.example"}};
  EXPECT_EQ(mx("b.example").verdict, Verdict::wrong);
  EXPECT_EQ(mx("c.example").verdict, Verdict::missing);
  EXPECT_EQ(mx("down.example").verdict, Verdict::unknown);
}

Finding finding(const std::string& purpose, Verdict verdict, bool is_required = true) {
  return {.record = {.name = "x.example",
                     .type = "TXT",
                     .value = {},
                     .purpose = purpose,
                     .is_required = is_required},
          .verdict = verdict,
          .found = {},
          .advice = {}};
}

TEST(WhatFails, IsWhatIsRequiredAndNotRight) {
  EXPECT_EQ(what_fails({finding("dkim", Verdict::ok)}), "");
  EXPECT_EQ(what_fails({finding("dkim", Verdict::missing), finding("spf", Verdict::wrong, false),
                        finding("tracking-host", Verdict::wrong)}),
            "dkim of x.example is missing, tracking-host of x.example is wrong");
  EXPECT_EQ(what_fails({finding("inbound-mx", Verdict::wrong, false)}),
            "inbound-mx of x.example is wrong");
  EXPECT_EQ(what_fails({finding("ownership", Verdict::missing)}), "") << "proven once";
}

TEST(WhatFails, IsNotSaidWhereDnsGaveNoAnswer) {
  EXPECT_FALSE(what_fails({finding("dkim", Verdict::wrong), finding("dkim", Verdict::unknown)}));
  EXPECT_TRUE(what_fails({finding("spf", Verdict::unknown, false)}));
  EXPECT_EQ(what_fails({finding("tracking-host", Verdict::missing),
                        finding("tracking-certificate", Verdict::unknown)}),
            "tracking-host of x.example is missing")
      << "no certificate can be looked at where no host is";
}

TEST(LinkProbe, IsAnsweredForItsHostAlone) {
  const ProbeSecret secret{1, 2, 3};
  const std::string probe = make_probe();
  EXPECT_NE(probe, make_probe());
  const std::string answer = probe_answer(secret, "a.example", probe);
  EXPECT_EQ(answer.size(), 64U);
  EXPECT_EQ(answer, probe_answer(secret, "a.example", probe));
  EXPECT_NE(answer, probe_answer(secret, "b.example", probe));
  EXPECT_NE(answer, probe_answer({}, "a.example", probe));
  EXPECT_EQ(probe_answer(secret, "a.example", ""), "");
  EXPECT_EQ(probe_answer(secret, "a.example", probe + "0"), "");
  EXPECT_EQ(probe_answer(secret, "a.example", "../../../../../../../../../../ab"), "");
}

TEST(TrackingHost, IsReadFromItsUrl) {
  const auto host = parse_tracking_host("https://Links.Shop.Example:8443");
  ASSERT_TRUE(host);
  EXPECT_EQ(host->host, "links.shop.example");
  EXPECT_EQ(host->port, 8443);
  EXPECT_TRUE(host->is_https);
  EXPECT_FALSE(host->is_address);
  EXPECT_FALSE(parse_tracking_host("http://links.example")->is_https);
  EXPECT_TRUE(parse_tracking_host("https://[::1]:443")->is_address);
  EXPECT_FALSE(parse_tracking_host(""));
}

}  // namespace
}  // namespace postrider::http
