#include "privacy/erase_events.h"

#include <gtest/gtest.h>

namespace postrider::privacy {
namespace {

using events::Event;
using events::Type;

const Person kAnn{mail::Address{.local = "ann", .domain = "example.net"}};

Event clicked() {
  Event event;
  event.type = Type::clicked;
  event.time = Time(std::chrono::hours(7));
  event.account = AccountId{3};
  event.message = MessageId{256};
  event.recipient = RecipientId{512};
  event.from = "shop@example.org";
  event.to = "Ann@example.net";
  event.site = "example.net";
  event.category = "engaged";
  event.campaign = "spring";
  event.custom_id = "customer ann@example.net";
  event.url = "https://shop.example/?e=ann%40example.net";
  event.user_agent = "Firefox";
  event.address = "192.0.2.7";
  event.code = 250;
  return event;
}

TEST(TakeOutOf, WhatIsAboutThemKeepsWhatIsCounted) {
  Event event = clicked();
  EXPECT_TRUE(take_out_of(event, kAnn, true));
  Event wanted = clicked();
  wanted.to.clear();
  wanted.user_agent.clear();
  wanted.address.clear();
  wanted.custom_id = "customer [erased]";
  wanted.url = "https://shop.example/?e=[erased]";
  EXPECT_EQ(event, wanted);
  EXPECT_FALSE(take_out_of(event, kAnn, true)) << "a second time there is nothing left";
}

TEST(TakeOutOf, OthersLoseTheNameAndNothingElse) {
  Event event = clicked();
  event.to = "bob@example.net";
  event.custom_id = "4711";
  event.url = "https://shop.example/";
  event.reply = "550 forwarded to <ann@example.net>, who is unknown";
  Event wanted = event;
  wanted.reply = "550 forwarded to <[erased]>, who is unknown";
  EXPECT_TRUE(take_out_of(event, kAnn, false));
  EXPECT_EQ(event, wanted);
  wanted.reply = "550 no";
  event.reply = "550 no";
  EXPECT_FALSE(take_out_of(event, kAnn, false));
  EXPECT_EQ(event, wanted);
}

TEST(TakeOutOf, WhoSentLosesTheAddressToo) {
  Event event = clicked();
  event.to = "bob@example.net";
  event.from = event.header_from = "ANN@example.net";
  EXPECT_TRUE(take_out_of(event, kAnn, false));
  EXPECT_EQ(event.from + event.header_from, "");
  EXPECT_EQ(event.to, "bob@example.net");
}

}  // namespace
}  // namespace postrider::privacy
