#include "links/link_orders.h"

#include <gtest/gtest.h>

#include "links/link_store.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::links {
namespace {

using What = LinkOrder::What;

constexpr AccountId kShop{7};
constexpr AccountId kBank{8};
constexpr MessageId kMessage{77 * kIdStep};
constexpr const char* kUrl = "https://www.Shop.example:8443/a?b#c";

LinkOrder order(What what) {
  LinkOrder made;
  made.what = what;
  return made;
}

LinkOrder host(const char* name, AccountId account = {}) {
  LinkOrder made = order(What::withdraw_host);
  made.host = name;
  made.account = account;
  return made;
}

LinkOrder elsewhere(const char* to) {
  LinkOrder made = order(What::point_elsewhere);
  made.account = kShop;
  made.campaign = "spring";
  made.from = kUrl;
  made.to = to;
  return made;
}

TEST(LinkOrderRecord, HoldsWhatWasOrdered) {
  LinkOrder made = elsewhere("https://x.example/");
  made.message = kMessage;
  made.host = "h.example";
  made.reason = "because";
  made.since = Time(std::chrono::seconds(1'790'000'000));
  EXPECT_EQ(decode_order(encode(made)).value(), made);
  std::string damaged = encode(made);
  damaged[3] = static_cast<char>(damaged[3] ^ 1);
  EXPECT_FALSE(decode_order(damaged));
}

TEST(HostOf, IsWhatABrowserWouldAsk) {
  EXPECT_EQ(host_of("https://User:p@WWW.x.example:443/a@b"), "www.x.example");
  EXPECT_EQ(host_of("http://[::1]:80/"), "[::1]");
  EXPECT_EQ(host_of("http://x.example?a"), "x.example");
  EXPECT_EQ(host_of("http://x.example#@y.example"), "x.example");
  EXPECT_EQ(host_of("x.example"), "");
  EXPECT_EQ(host_of("https://x.example./a"), "x.example");
  EXPECT_EQ(host_of("https://x.example.:443"), "x.example");
}

TEST(Redirect, LeadsToTheWebOnly) {
  for (const char* good : {"http://x.example/", "https://x.example/?a=1#b", "https://[::1]/",
                           "https://user:p@x.example/%0d%0a", "http://x"}) {
    EXPECT_TRUE(may_redirect_to(good)) << good;
  }
  for (const std::string bad :
       {"", "http://", "https:///x", "javascript:alert(1)", "//x.example/", "/x",
        "data:text/html,x", "ftp://x.example/", "HTTP//x", "http://x\r\nSet-Cookie: a=b",
        "http://x y", "http://x\n", "http://x/\x7f", "http://\xc3\xbc.example/", " http://x/"}) {
    EXPECT_FALSE(may_redirect_to(bad)) << bad;
  }
}

class LinkOrdersTest : public testing::Test {
 protected:
  void give(const LinkOrder& one) {
    store::Step step;
    LinkOrders::put(step, one);
    ASSERT_TRUE(store_.commit(std::move(step)));
    orders_->apply(one);
  }
  void take_back(const LinkOrder& one) {
    store::Step step;
    LinkOrders::erase(step, id_of(one));
    ASSERT_TRUE(store_.commit(std::move(step)));
    orders_->forget(id_of(one));
  }
  std::string leads_to(AccountId account = kShop, MessageId message = kMessage,
                       const char* url = kUrl, const char* campaign = "spring") const {
    return orders_->decide(account, message, campaign, url).value_or("nowhere");
  }
  static MessageId other() { return MessageId{kMessage.value + kIdStep}; }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "spool"};
  std::unique_ptr<LinkOrders> orders_ = LinkOrders::load(*store_).value();
};

TEST_F(LinkOrdersTest, AnAccountsLinksLeadNowhereUntilItIsTakenBack) {
  LinkOrder of_shop = order(What::withdraw_account);
  of_shop.account = kShop;
  give(of_shop);
  EXPECT_EQ(leads_to(), "nowhere");
  EXPECT_EQ(leads_to(kBank), kUrl);
  take_back(of_shop);
  EXPECT_EQ(leads_to(), kUrl);
}

TEST_F(LinkOrdersTest, AMessagesLinksLeadNowhere) {
  LinkOrder of_message = order(What::withdraw_message);
  of_message.message = kMessage;
  give(of_message);
  EXPECT_EQ(leads_to(), "nowhere");
  EXPECT_EQ(leads_to(kShop, other()), kUrl);
}

TEST_F(LinkOrdersTest, LinksToAHostAndThoseBelowItLeadNowhere) {
  give(host("shop.example"));
  EXPECT_EQ(leads_to(), "nowhere");
  EXPECT_EQ(leads_to(kShop, kMessage, "https://shop.example"), "nowhere");
  EXPECT_EQ(leads_to(kShop, kMessage, "https://www.shop.example./"), "nowhere") << "the same host";
  EXPECT_EQ(leads_to(kShop, kMessage, "https://noshop.example/"), "https://noshop.example/");
  EXPECT_EQ(leads_to(kShop, kMessage, "https://x.example/shop.example"),
            "https://x.example/shop.example");
  give(host("bad.example", kBank));
  EXPECT_EQ(leads_to(kBank, kMessage, "http://bad.example/"), "nowhere");
  EXPECT_EQ(leads_to(kShop, kMessage, "http://bad.example/"), "http://bad.example/");
}

TEST_F(LinkOrdersTest, ACampaignsLinkIsPointedElsewhere) {
  give(elsewhere("https://right.example/"));
  EXPECT_EQ(leads_to(), "https://right.example/");
  EXPECT_EQ(leads_to(kBank), kUrl);
  EXPECT_EQ(leads_to(kShop, kMessage, kUrl, "autumn"), kUrl);
  EXPECT_EQ(leads_to(kShop, kMessage, "https://www.shop.example/"), "https://www.shop.example/");
  give(host("right.example"));
  EXPECT_EQ(leads_to(), "nowhere") << "a withdrawn host is no way out";
}

TEST_F(LinkOrdersTest, HoldAfterARestartAndWhenOldLinksGo) {
  give(host("shop.example"));
  give(elsewhere("https://right.example/"));
  store::Step step;
  LinkStore::expire(step, Time(std::chrono::hours(24 * 365 * 200)));
  ASSERT_TRUE(store_.commit(std::move(step)));
  orders_ = LinkOrders::load(*store_).value();
  EXPECT_EQ(orders_->all().size(), 2U);
  EXPECT_EQ(leads_to(), "https://right.example/");
}

TEST(LinkOrderCheck, SaysWhatIsMissing) {
  EXPECT_FALSE(check(order(What::withdraw_account)));
  EXPECT_FALSE(check(order(What::withdraw_message)));
  for (const char* wrong : {"", "x.example/path", "x.example:80", "a@x.example", "X.example"}) {
    EXPECT_FALSE(check(host(wrong))) << wrong;
  }
  EXPECT_TRUE(check(host("x.example")));
  EXPECT_FALSE(check(elsewhere("javascript:alert(1)")));
  EXPECT_FALSE(check(elsewhere("https://x\r\nSet-Cookie: a")));
  EXPECT_TRUE(check(elsewhere("https://x.example/")));
}

}  // namespace
}  // namespace postrider::links
