#include "links/link_store.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"
#include "track/plan.h"

namespace postrider::links {
namespace {

constexpr AccountId kShop{7};
constexpr AccountId kBank{8};
constexpr Time kNow{std::chrono::milliseconds(1'790'000'000'123)};

MessageId message_at(Time time) {
  return MessageId{first_id_at(time).value + 5};
}

TrackedMessage tracked() {
  return {.account = kShop,
          .accepted = kNow,
          .privacy = Privacy::pseudonymous,
          .stream = "bulk",
          .from_domain = "shop.example",
          .campaign = "spring",
          .custom_id = "order-17",
          .payload = "{}",
          .targets = {"https://shop.example/?a=1&b=2#top", "http://x.example/"},
          .links = {{.target = 0}, {.target = 1, .is_app_link = true}, {.target = 0}}};
}

TEST(TrackedMessageRecord, HoldsWhatTheMessageWas) {
  const auto read = decode(encode(tracked()));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, tracked());
}

TEST(TrackedMessageRecord, TakesLinksAndTargetsFromThePlan) {
  const std::string mail =
      "From: a@b.example\r\nContent-Type: text/html\r\n\r\n"
      "<a href=\"https://x.example/1\">1</a><a href=\"https://x.example/2\">2</a>"
      "<a href=\"https://x.example/1\">3</a>\r\n";
  track::LinkRules rules;
  rules.base = "https://t.example";
  TrackedMessage message = tracked();
  message.set_links(track::plan_message(mail, rules));
  EXPECT_EQ(message.targets,
            (std::vector<std::string>{"https://x.example/1", "https://x.example/2"}));
  EXPECT_EQ(message.links, (std::vector<Link>{{.target = 0}, {.target = 1}, {.target = 0}}));
}

TEST(TrackedMessageRecord, OneFlippedBitAnywhereIsNoticed) {
  const std::string record = encode(tracked());
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string damaged = record;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(decode(damaged)) << bit;
    EXPECT_FALSE(find_target(damaged, 1)) << bit;
  }
}

TEST(TrackedMessageRecord, ALinkBehindTheTargetsIsDamage) {
  TrackedMessage message = tracked();
  message.links.push_back({.target = 2});
  EXPECT_FALSE(decode(encode(message)));
  EXPECT_FALSE(find_target(encode(message), 3));
  EXPECT_TRUE(find_target(encode(message), 2)->has_value());
}

class LinkStoreTest : public testing::Test {
 protected:
  void put(MessageId message, const TrackedMessage& what) {
    store::Step step;
    LinkStore::put(step, message, what);
    ASSERT_TRUE(store_.commit(std::move(step)));
  }
  bool is_there(MessageId message) const { return links_.read(message).value().has_value(); }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "spool"};
  LinkStore links_{*store_};
};

TEST_F(LinkStoreTest, FindsTheTargetOfEachLink) {
  const MessageId message = message_at(kNow);
  put(message, tracked());
  EXPECT_EQ(links_.read(message).value(), tracked());
  EXPECT_EQ(links_.find(kShop, message, 0).value()->url, "https://shop.example/?a=1&b=2#top");
  EXPECT_EQ(links_.find(kShop, message, 1).value()->url, "http://x.example/");
  EXPECT_TRUE(links_.find(kShop, message, 1).value()->is_app_link);
  EXPECT_EQ(links_.find(kShop, message, 2).value()->url, "https://shop.example/?a=1&b=2#top");
  EXPECT_EQ(links_.find(kShop, message, 2).value()->campaign, "spring");
}

TEST_F(LinkStoreTest, WhatIsNotThereOrAnotherAccountsIsNothing) {
  const MessageId message = message_at(kNow);
  put(message, tracked());
  EXPECT_EQ(links_.find(kShop, message, 3).value(), std::nullopt);
  EXPECT_EQ(links_.find(kBank, message, 0).value(), std::nullopt);
  EXPECT_EQ(links_.find(kShop, MessageId{message.value + 1}, 0).value(), std::nullopt);
}

TEST_F(LinkStoreTest, GoWhenTheirTimeIsOver) {
  const MessageId old = message_at(kNow - std::chrono::hours(1));
  const MessageId fresh = message_at(kNow);
  put(old, tracked());
  put(fresh, tracked());
  store::Step step;
  LinkStore::expire(step, kNow - std::chrono::minutes(30));
  ASSERT_TRUE(store_.commit(std::move(step)));
  EXPECT_FALSE(is_there(old));
  EXPECT_TRUE(is_there(fresh));
}

}  // namespace
}  // namespace postrider::links
