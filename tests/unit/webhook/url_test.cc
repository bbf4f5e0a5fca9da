#include "webhook/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "webhook/address_check.h"

namespace postrider::webhook {
namespace {

using testing::HasSubstr;

TEST(Url, HasItsParts) {
  const Url url = parse_url("https://shop:a%40b@Hooks.Example.com:8443/in/1?x=y&z=%20").value();
  EXPECT_TRUE(url.is_https);
  EXPECT_EQ(url.user, "shop");
  EXPECT_EQ(url.password, "a@b");
  EXPECT_EQ(url.host, "hooks.example.com");
  EXPECT_FALSE(url.address);
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/in/1?x=y&z=%20");
  EXPECT_EQ(url.host_header(), "hooks.example.com:8443");
}

TEST(Url, HasThePortOfItsSchemeAndAPath) {
  EXPECT_EQ(parse_url("http://a.example").value().port, 80);
  EXPECT_EQ(parse_url("https://a.example").value().port, 443);
  EXPECT_EQ(parse_url("https://a.example").value().target, "/");
  EXPECT_EQ(parse_url("https://a.example?q").value().target, "/?q");
  EXPECT_EQ(parse_url("https://[2001:DB8::1]:81/").value().host_header(), "[2001:db8::1]:81");
}

TEST(Url, ShowsNoPassword) {
  EXPECT_EQ(without_password("https://u:secret@a.example/p:q@r"), "https://u:***@a.example/p:q@r");
  EXPECT_EQ(without_password("https://u@a.example:81/"), "https://u@a.example:81/");
  EXPECT_EQ(without_password("https://a.example:81/x@y"), "https://a.example:81/x@y");
}

struct Row {
  const char* url;
  const char* says;
};

TEST(Url, SaysWhatIsWrong) {
  const Row rows[] = {
      {"ftp://a.example/", "neither https:// nor http://"},
      {"//a.example/", "neither"},
      {"https://a.example/#x", "fragment"},
      {"https://a.example/a b", "may not stand"},
      {"https://a.example/\r\nHost: b", "may not stand"},
      {"https://a.example\\@b.example/", "may not stand"},
      {"https://\xc3\xa4.example/", "may not stand"},
      {"https:///path", "no host"},
      {"https://a.example:/", "no port"},
      {"https://a.example:0/", "no port"},
      {"https://a.example:65536/", "no port"},
      {"https://a.example:080/", "no port"},
      {"https://a.example:80x/", "no port"},
      {"https://u@v@a.example/", "not encoded"},
      {"https://u:%zz@a.example/", "not encoded"},
      {"https://u:%0a@a.example/", "not encoded"},
      {"https://u%3ax:y@a.example/", "':'"},
      {"https://[::1%25eth0]/", "no IPv6 address"},
      {"https://[v1.x]/", "no IPv6 address"},
      {"https://[::1/", "no IPv6 address"},
  };
  for (const Row& row : rows) {
    const auto url = parse_url(row.url);
    ASSERT_FALSE(url) << row.url;
    EXPECT_THAT(url.error().text(), HasSubstr(row.says)) << row.url;
  }
}

// Each is, to one library or another, an address of this machine, of its network, or of the service
// that hands out a cloud's credentials. None may pass both checks.
TEST(Url, LeadsNowhereInsideHoweverItIsSpelt) {
  const char* const urls[] = {
      "http://127.0.0.1/",
      "http://127.0.0.1:80@127.0.0.1/",
      "http://127.1/",
      "http://127.0.1/",
      "http://2130706433/",
      "http://017700000001/",
      "http://0x7f000001/",
      "http://0x7f.0.0.1/",
      "http://0x7f.1/",
      "http://0177.0.0.1/",
      "http://127.0.0.01/",
      "http://127.0.0.1./",
      "http://127.0.0.256/",
      "http://127.0.0.0x1/",
      "http://127.255.255.254/",
      "http://0/",
      "http://0.0.0.0/",
      "http://0.1.2.3/",
      "http://10.0.0.1/",
      "http://167772161/",
      "http://012.0.0.1/",
      "http://0xa.0.0.1/",
      "http://172.16.0.1/",
      "http://172.31.255.255/",
      "http://192.168.0.1/",
      "http://3232235521/",
      "http://100.64.0.1/",
      "http://100.100.100.200/",
      "http://169.254.169.254/",
      "http://2852039166/",
      "http://0xa9fea9fe/",
      "http://0xa9.0xfe.0xa9.0xfe/",
      "http://0251.0376.0251.0376/",
      "http://169.254.43518/",
      "http://192.0.0.192/",
      "http://168.63.129.16/",
      "http://198.18.0.1/",
      "http://224.0.0.1/",
      "http://255.255.255.255/",
      "http://1.1.1.1 @127.0.0.1/",
      "http://1.1.1.1\\@127.0.0.1/",
      "http://%31%32%37.0.0.1/",
      "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",
      "http://127\xe3\x80\x82"
      "0\xe3\x80\x82"
      "0\xe3\x80\x82"
      "1/",
      "http://[::1]/",
      "http://[::]/",
      "http://[0:0:0:0:0:0:0:1]/",
      "http://[::ffff:127.0.0.1]/",
      "http://[::ffff:7f00:1]/",
      "http://[::ffff:a9fe:a9fe]/",
      "http://[::127.0.0.1]/",
      "http://[::ffff:0:127.0.0.1]/",
      "http://[64:ff9b::127.0.0.1]/",
      "http://[64:ff9b::a00:1]/",
      "http://[64:ff9b:1::10.0.0.1]/",
      "http://[2002:7f00:1::]/",
      "http://[2002:a9fe:a9fe::1]/",
      "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
      "http://[fe80::1]/",
      "http://[fe80::1%25lo]/",
      "http://[fec0::1]/",
      "http://[fc00::1]/",
      "http://[fd00:ec2::254]/",
      "http://[2606:4700::5efe:7f00:1]/",
      "http://[2606:4700::200:5efe:192.168.0.1]/",
      "http://[ff02::1]/",
      "http://[2001:db8::1]/",
      "http://[100::1]/",
      "http://localhost./",
      "http://example.127/",
      "http://a..example/",
      "http://.example/",
      "http://-a.example/",
  };
  for (const char* text : urls) {
    const auto url = parse_url(text);
    if (url && url->address) {
      EXPECT_FALSE(check_address(*url->address, {})) << text;
    } else {
      EXPECT_FALSE(url) << text << " passes for the name " << url->host;
    }
  }
}

TEST(Url, LeadsToPublicAddresses) {
  for (const char* text :
       {"http://1.1.1.1/", "http://[2606:4700:4700::1111]/", "http://8.8.8.8/"}) {
    EXPECT_TRUE(check_address(*parse_url(text).value().address, {})) << text;
  }
}

TEST(AddressCheck, AllowsWhatIsAllowedAndNotWhatItCarries) {
  const std::vector<net::Network> allowed{*net::parse_network("127.0.0.0/8"),
                                          *net::parse_network("64:ff9b::/96")};
  const auto is_allowed = [&](const char* address) {
    return check_address(boost::asio::ip::make_address(address), allowed).has_value();
  };
  EXPECT_TRUE(is_allowed("127.0.0.1"));
  EXPECT_TRUE(is_allowed("::ffff:127.0.0.1"));
  EXPECT_TRUE(is_allowed("64:ff9b::1.1.1.1"));
  EXPECT_FALSE(is_allowed("64:ff9b::10.0.0.1"));
  EXPECT_FALSE(is_allowed("10.0.0.1"));
  EXPECT_FALSE(is_allowed("::1"));
}

}  // namespace
}  // namespace postrider::webhook
