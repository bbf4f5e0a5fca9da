#include "dns/mx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "awaiting.h"
#include "support/fake_resolver.h"

namespace postrider::dns {
namespace {

namespace asio = boost::asio;
using asio::ip::address;
using asio::ip::make_address;
using testing::ElementsAre;
using testing::HasSubstr;

class MailHosts : public testing::Test {
 protected:
  MxResult<MailExchangers> find(std::string domain, std::uint32_t random = 1) {
    return await(io, find_mail_hosts(dns, std::move(domain), options, random));
  }
  std::vector<std::string> names(std::string domain, std::uint32_t random = 1) {
    std::vector<std::string> result;
    if (const auto found = find(std::move(domain), random)) {
      for (const MailHost& host : found->hosts) {
        result.push_back(host.name);
      }
    }
    return result;
  }
  MxResult<std::vector<address>> find_address(std::string host, std::uint32_t random = 1) {
    return await(io, find_addresses(dns, std::move(host), options, random));
  }

  asio::io_context io;
  test::FakeResolver dns;
  MxOptions options;
};

TEST_F(MailHosts, ComeByPreference) {
  dns.mail["a.example"] = {{30, "c"}, {10, "a"}, {20, "b"}};
  EXPECT_THAT(names("a.example"), ElementsAre("a", "b", "c"));
  const auto found = find("a.example");
  EXPECT_FALSE(found->implicit);
  EXPECT_EQ(found->site, "a,b,c");
  EXPECT_EQ(found->security, Security::secure);
}

TEST_F(MailHosts, OfEqualPreferenceAreShuffled) {
  dns.mail["a.example"] = {{10, "a"}, {10, "b"}, {20, "z"}};
  std::set<std::string> first;
  for (std::uint32_t random = 0; random < 64; ++random) {
    const std::vector<std::string> order = names("a.example", random * 0x9E3779B9U);
    first.insert(order.front());
    EXPECT_EQ(order.back(), "z");
  }
  EXPECT_THAT(first, ElementsAre("a", "b"));
  EXPECT_EQ(names("a.example", 7), names("a.example", 7));
}

TEST_F(MailHosts, NamedTwiceCountOnceAtTheBetterPreference) {
  dns.mail["a.example"] = {{20, "a"}, {10, "a"}, {15, "b"}};
  EXPECT_THAT(names("a.example"), ElementsAre("a", "b"));
}

TEST_F(MailHosts, SiteIsTheSameInWhateverOrder) {
  dns.mail["a.example"] = {{10, "e"}, {10, "d"}, {10, "c"}, {20, "b"}, {20, "a"}};
  dns.mail["b.example"] = {{5, "a"}, {5, "b"}, {5, "c"}, {5, "d"}, {5, "e"}};
  const std::string site = find("a.example")->site;
  EXPECT_TRUE(site.starts_with("a,b,c,d,+1#")) << site;
  EXPECT_EQ(find("b.example", 99)->site, site);
}

// Or whoever lists four hosts of a provider and one of his own would be given its mail.
TEST_F(MailHosts, SiteIsAnotherWhereOneHostIs) {
  dns.mail["a.example"] = {{10, "a"}, {10, "b"}, {10, "c"}, {10, "d"}, {10, "e"}};
  dns.mail["b.example"] = {{10, "a"}, {10, "b"}, {10, "c"}, {10, "d"}, {5, "f"}};
  EXPECT_NE(find("a.example")->site, find("b.example")->site);
}

TEST_F(MailHosts, OfADomainWithoutMxAreItself) {
  dns.hosts["a.example"] = {make_address("11.0.0.1")};
  const auto found = find("a.example");
  ASSERT_TRUE(found) << found.error().text;
  EXPECT_TRUE(found->implicit);
  EXPECT_EQ(found->site, "a.example");
  ASSERT_EQ(found->hosts.size(), 1U);
  EXPECT_EQ(found->hosts[0].name, "a.example");
}

TEST_F(MailHosts, AreFailuresOfTheRightKind) {
  dns.mail["null.example"] = {{0, ""}};
  struct Case {
    std::string domain;
    NoWay why;
    std::string words;
  };
  const Case cases[] = {
      {"nowhere.example", NoWay::no_such_domain, "no such name"},
      {"down.example", NoWay::no_answer, "SERVFAIL"},
      {"null.example", NoWay::takes_no_mail, "null MX"},
  };
  for (const Case& row : cases) {
    const auto found = find(row.domain);
    ASSERT_FALSE(found) << row.domain;
    EXPECT_EQ(found.error().why, row.why) << row.domain;
    EXPECT_THAT(found.error().text, HasSubstr(row.words));
  }
}

TEST_F(MailHosts, ANullMxAmongOthersIsPassedOver) {
  dns.mail["a.example"] = {{0, ""}, {10, "a"}};
  EXPECT_THAT(names("a.example"), ElementsAre("a"));
}

TEST_F(MailHosts, ThatAreWeOrNoBetterAreLeftOut) {
  options.own_names = {"us"};
  dns.mail["a.example"] = {{10, "a"}, {20, "us"}, {20, "b"}, {30, "c"}};
  EXPECT_THAT(names("a.example"), ElementsAre("a"));
}

TEST_F(MailHosts, OnlyUsIsALoop) {
  options.own_names = {"us", "b.example"};
  dns.mail["a.example"] = {{10, "us"}, {20, "b"}};
  dns.hosts["b.example"] = {make_address("11.0.0.1")};
  for (const char* domain : {"a.example", "b.example"}) {
    const auto found = find(domain);
    ASSERT_FALSE(found) << domain;
    EXPECT_EQ(found.error().why, NoWay::loop);
    EXPECT_THAT(found.error().text, HasSubstr("leads back"));
  }
}

TEST_F(MailHosts, OfAnAddressLiteralAreItself) {
  EXPECT_THAT(names("[11.0.0.1]"), ElementsAre("[11.0.0.1]"));
  EXPECT_THAT(*find_address("[11.0.0.1]"), ElementsAre(make_address("11.0.0.1")));
  EXPECT_THAT(*find_address("[IPv6:2600::1]"), ElementsAre(make_address("2600::1")));
  EXPECT_FALSE(find_address("[127.0.0.1]"));
}

TEST_F(MailHosts, HaveIpv6AndIpv4InTurns) {
  dns.hosts["mx"] = {make_address("11.0.0.1"), make_address("11.0.0.2"), make_address("2600::1")};
  const auto found = find_address("mx");
  ASSERT_TRUE(found) << found.error().text;
  ASSERT_EQ(found->size(), 3U);
  EXPECT_TRUE((*found)[0].is_v6());
  EXPECT_TRUE((*found)[1].is_v4());
  std::set<address> second;
  for (std::uint32_t random = 0; random < 64; ++random) {
    second.insert((*find_address("mx", random * 0x9E3779B9U))[1]);
  }
  EXPECT_EQ(second.size(), 2U);
}

TEST_F(MailHosts, HaveOnlyTheKindsThatWeUse) {
  dns.hosts["mx"] = {make_address("11.0.0.1"), make_address("2600::1")};
  options.use_ipv6 = false;
  EXPECT_THAT(*find_address("mx"), ElementsAre(make_address("11.0.0.1")));
}

TEST_F(MailHosts, PrivateAddressesAreRefusedUnlessAllowed) {
  dns.hosts["mixed"] = {make_address("10.0.0.1"), make_address("11.0.0.1")};
  dns.hosts["inside"] = {make_address("127.0.0.1"), make_address("fe80::1"),
                         make_address("192.168.1.1")};
  EXPECT_THAT(*find_address("mixed"), ElementsAre(make_address("11.0.0.1")));
  const auto refused = find_address("inside");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, NoWay::not_public);
  EXPECT_THAT(refused.error().text, HasSubstr("no public address"));
  options.allowed_networks = {*net::parse_network("127.0.0.0/8")};
  EXPECT_THAT(*find_address("inside"), ElementsAre(make_address("127.0.0.1")));
}

TEST_F(MailHosts, OwnAddressesAreALoopAtTheSmtpPort) {
  dns.hosts["mx"] = {make_address("11.0.0.1")};
  options.own_addresses = {make_address("11.0.0.1")};
  const auto found = find_address("mx");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().why, NoWay::loop);
  EXPECT_THAT(found.error().text, HasSubstr("leads back"));
  options.port = 2525;
  EXPECT_TRUE(find_address("mx"));
}

}  // namespace
}  // namespace postrider::dns
