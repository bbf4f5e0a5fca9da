#include "links/hit.h"

#include <gtest/gtest.h>

namespace postrider::links {
namespace {

using events::Event;
using events::Type;

constexpr MessageId kMessage{77 * kIdStep};

boost::asio::ip::address address(const char* text) {
  return boost::asio::ip::make_address(text);
}

TrackedMessage message(Privacy privacy) {
  TrackedMessage made;
  made.account = AccountId{7};
  made.privacy = privacy;
  made.stream = "bulk";
  made.from_domain = "shop.example";
  made.campaign = "spring";
  return made;
}

Hit hit(Type type) {
  return {.type = type,
          .token = {.account = AccountId{7}, .message = kMessage, .recipient = 2, .link = 4},
          .time = Time(std::chrono::seconds(1'790'000'000)),
          .url = "https://shop.example/x",
          .user_agent = "Mozilla/5.0 (X11)",
          .address = address("192.0.2.77"),
          .verdict = {}};
}

const Event* accepted() {
  static const Event event = [] {
    Event made;
    made.to = "ann@example.net";
    made.stream = "transactional";
    return made;
  }();
  return &event;
}

TEST(EventOfHit, TellsAsMuchAsThePrivacyOfTheMessageAllows) {
  struct Row {
    Privacy privacy;
    bool is_told;
    bool has_recipient;
    bool has_person;
    const char* address;
  };
  for (const Row& row :
       {Row{Privacy::off, false, false, false, ""}, Row{Privacy::anonymous, true, false, false, ""},
        Row{Privacy::pseudonymous, true, true, false, ""},
        Row{Privacy::identified, true, true, true, ""},
        Row{Privacy::full, true, true, true, "192.0.2.77"}}) {
    SCOPED_TRACE(to_string(row.privacy));
    const auto event =
        event_of(hit(Type::clicked), message(row.privacy), accepted(), AddressKept::whole);
    ASSERT_EQ(event.has_value(), row.is_told);
    if (!event) {
      continue;
    }
    EXPECT_EQ(event->url, "https://shop.example/x");
    EXPECT_EQ(event->link, 5U);
    EXPECT_EQ(event->campaign, "spring");
    EXPECT_EQ(event->stream, "bulk");
    EXPECT_EQ(event->recipient, row.has_recipient ? recipient_of(kMessage, 2) : RecipientId{});
    EXPECT_EQ(event->message, row.has_recipient ? kMessage : MessageId{});
    EXPECT_EQ(event->to, row.has_person ? "ann@example.net" : "");
    EXPECT_EQ(event->user_agent, row.has_person ? "Mozilla/5.0 (X11)" : "");
    EXPECT_EQ(event->address, row.address);
  }
}

const ReaderFacts kFacts{.client = {.family = "Firefox", .device = "Mac"},
                         .country = "DE",
                         .origin = {.network = "office", .autonomous_system = 64496}};

TEST(EventOfHit, WhatTheOperatorsFilesSayIsToldAsFarAsPrivacyAllows) {
  struct Row {
    Privacy privacy;
    const char* told;
  };
  for (const Row& row : {Row{Privacy::anonymous, "/// 0"}, Row{Privacy::pseudonymous, "/// 0"},
                         Row{Privacy::identified, "Firefox/Mac/DE/ 0"},
                         Row{Privacy::full, "Firefox/Mac/DE/office 64496"}}) {
    const auto event =
        event_of(hit(Type::opened), message(row.privacy), accepted(), AddressKept::none, kFacts);
    EXPECT_EQ(event->reader_client + "/" + event->device + "/" + event->country + "/" +
                  event->network + " " + std::to_string(event->asn),
              row.told)
        << to_string(row.privacy);
  }
  const auto wish = event_of(hit(Type::unsubscribed), message(Privacy::off), accepted(),
                             AddressKept::none, kFacts);
  EXPECT_EQ(wish->reader_client + wish->country, "") << "who is not tracked can leave";
}

TEST(EventOfHit, WhereAMachineStandsSaysNothingOfTheReader) {
  Hit by_proxy = hit(Type::opened);
  by_proxy.verdict = {.machine = Machine::proxy, .reason = "gmail-proxy", .confidence = 95};
  const auto event =
      event_of(by_proxy, message(Privacy::full), accepted(), AddressKept::none, kFacts);
  EXPECT_EQ(event->reader_client, "Firefox");
  EXPECT_EQ(event->device + event->country, "");
  EXPECT_EQ(event->network, "office");
}

TEST(EventOfHit, OfWhoWantsLessKnownLessIsTold) {
  TrackedMessage tracked = message(Privacy::full);
  tracked.less_known = {{.index = 2, .privacy = Privacy::off},
                        {.index = 3, .privacy = Privacy::pseudonymous}};
  EXPECT_FALSE(event_of(hit(Type::opened), tracked, accepted(), AddressKept::whole, kFacts));
  const auto wish =
      event_of(hit(Type::unsubscribed), tracked, accepted(), AddressKept::whole, kFacts);
  EXPECT_EQ(wish->to, "ann@example.net");
  EXPECT_EQ(wish->address + wish->country, "");
  Hit other = hit(Type::opened);
  other.token.recipient = 3;
  const auto event = event_of(other, tracked, accepted(), AddressKept::whole, kFacts);
  EXPECT_EQ(event->to + event->country, "");
  EXPECT_TRUE(event->recipient.exists());
  other.token.recipient = track::kNobody;
  const auto shared = event_of(other, tracked, nullptr, AddressKept::whole, kFacts);
  EXPECT_FALSE(shared->recipient.exists());
  EXPECT_EQ(shared->address + shared->country, "");
}

TEST(EventOfHit, AnUnsubscribeSaysWhoItIsWhateverThePrivacy) {
  for (const Privacy privacy : {Privacy::off, Privacy::anonymous, Privacy::pseudonymous}) {
    const auto event =
        event_of(hit(Type::unsubscribed), message(privacy), accepted(), AddressKept::none);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->to, "ann@example.net");
    EXPECT_EQ(event->recipient, recipient_of(kMessage, 2));
    EXPECT_EQ(event->address, "");
    EXPECT_EQ(event->url, "");
  }
}

TEST(EventOfHit, ATextFromOutsideIsCutAndHoldsNoControls) {
  Hit hostile = hit(Type::opened);
  hostile.user_agent = "a\r\nb\x01" + std::string(1000, 'x');
  const auto event = event_of(hostile, message(Privacy::full), accepted(), AddressKept::none);
  EXPECT_LE(event->user_agent.size(), 303U);
  EXPECT_EQ(event->user_agent.substr(0, 5), "a??b?");
}

TEST(AddressKeptAs, TruncatesByTheNetwork) {
  EXPECT_EQ(as_kept(address("192.0.2.77"), AddressKept::truncated), "192.0.2.0");
  EXPECT_EQ(as_kept(address("::ffff:192.0.2.77"), AddressKept::truncated), "192.0.2.0");
  EXPECT_EQ(as_kept(address("2001:db8:1:2::3"), AddressKept::truncated), "2001:db8:1::");
  EXPECT_EQ(as_kept(address("2001:db8:1:2::3"), AddressKept::whole), "2001:db8:1:2::3");
  EXPECT_EQ(as_kept(address("192.0.2.77"), AddressKept::none), "");
}

}  // namespace
}  // namespace postrider::links
