#include "events/event.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/bytes.h"
#include "support/golden.h"

namespace postrider::events {
namespace {

using test::expect_golden;
using test::stored_record;

constexpr Time kTime{std::chrono::milliseconds(1'795'413'132'345)};

/// One that leaves nothing out. Text as the world sends it.
Event full_event() {
  Event event;
  event.sequence = 17;
  event.type = Type::deferred;
  event.time = kTime;
  event.account = AccountId{42};
  event.message = MessageId{7'306'114'048};
  event.recipient = RecipientId{7'306'114'304};
  event.from = "shop@example.org";
  event.to = "\xc3\xa4nn@example.net";
  event.header_from = "news@example.org";
  event.from_domain = "example.org";
  event.subject = "\"half\" price\\ \xe2\x82\xac 5";
  event.stream = "bulk";
  event.size = 4096;
  event.site = "mx.example.net";
  event.mx_host = "mx1.example.net";
  event.mx_address = "192.0.2.7:25";
  event.source_address = "198.51.100.3";
  event.tls_version = "TLSv1.3";
  event.tls_cipher = "TLS_AES_256_GCM_SHA384";
  event.code = 451;
  event.enhanced = "4.7.1";
  event.reply = "451 4.7.1 greylisted,\ttry again\x01";
  event.attempt = 3;
  event.queue_ms = 86'400'001;
  event.attempt_ms = 250;
  event.next_attempt = kTime + std::chrono::minutes(5);
  event.session = "a1-17";
  event.client = "203.0.113.9";
  event.user = "shop";
  event.detail = "more";
  event.kind = "soft";
  event.category = "greylisting";
  event.campaign = "spring";
  event.custom_id = "order-17";
  event.payload = "{\"o\":17}";
  return event;
}

std::string with_tail(std::string_view tail) {
  std::string payload(1, static_cast<char>(Type::delivered));
  return seal_record(1, payload.append(tail));
}

TEST(Event, IsReadAsItWasWritten) {
  const Event event = full_event();
  const Result<Event> read = decode(17, encode(event));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, event);
  const Event plain;
  EXPECT_EQ(*decode(0, encode(plain)), plain);
}

TEST(SharedEvent, IsReadAsThatOfEachRecipient) {
  Event event = full_event();
  const SharedEvent shared(event);
  for (const std::uint64_t id : {std::uint64_t{7'306'114'048}, std::uint64_t{7'306'114'560}}) {
    event.recipient = RecipientId{id};
    event.to = "r" + std::to_string(id) + "@example.net";
    const Result<Event> read = decode(17, shared.encode(event.recipient, event.to));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, event);
  }
}

TEST(Event, TheFirstVersionStaysReadable) {
  Event first = full_event();
  for (std::string Event::* later :
       {&Event::from_domain, &Event::campaign, &Event::custom_id, &Event::payload}) {
    (first.*later).clear();
  }
  EXPECT_EQ(*decode(17, stored_record("event_v1.hex")), first);
}

// Customers read these names.
TEST(Event, HasJsonWithStableNames) {
  const std::string json = to_json(full_event());
  expect_golden("event.json", json + "\n");
  const boost::json::object parsed = boost::json::parse(json).as_object();
  EXPECT_EQ(parsed.size(), 35U) << "a field that the golden file does not name?";
  EXPECT_EQ(parsed.at("subject").as_string(), full_event().subject);
  EXPECT_EQ(parsed.at("reply").as_string(), full_event().reply);
  EXPECT_EQ(parsed.at("recipient").as_int64(), 7'306'114'304);
}

TEST(Event, JsonLeavesOutWhatSaysNothingAndMendsWhatIsNoText) {
  Event event;
  event.type = Type::operational;
  event.detail = "bad \xff byte";
  const std::string json = to_json(event);
  EXPECT_EQ(json, R"({"sequence":0,"type":"operational","detail":"bad \ufffd byte"})");
  EXPECT_NO_THROW(boost::json::parse(json));
}

TEST(Event, FieldsOfANewerVersionAreSkipped) {
  std::string tail;
  tail.push_back(100);  // a number
  put_varint(tail, 1'000'000);
  tail.push_back(static_cast<char>(0x80 | 101));  // a text
  put_bytes(tail, "\x0b\x05 unknown");            // would be a size, were it not skipped
  tail.push_back(21);
  put_varint(tail, 4);
  const Result<Event> event = decode(1, with_tail(tail));
  ASSERT_TRUE(event);
  Event known;
  known.sequence = 1;
  known.type = Type::delivered;
  known.attempt = 4;
  EXPECT_EQ(*event, known);
}

TEST(Event, AKnownFieldOfAnotherShapeIsSkipped) {
  std::string tail;
  tail.push_back(static_cast<char>(0x80 | 21));  // attempt, as a text
  put_bytes(tail, "four");
  tail.push_back(6);  // from, as a number
  put_varint(tail, 5);
  const Result<Event> event = decode(1, with_tail(tail));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->attempt, 0U);
  EXPECT_EQ(event->from, "");
}

TEST(Event, EveryDamagedByteIsSeen) {
  const std::string record = encode(full_event());
  for (std::size_t i = 0; i < record.size(); ++i) {
    std::string damaged = record;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    const Result<Event> event = decode(9, damaged);
    ASSERT_FALSE(event) << i;
    EXPECT_EQ(event.error().code(), Errc::corrupt);
    EXPECT_FALSE(decode(9, record.substr(0, i))) << i;
  }
  EXPECT_EQ(decode(9, "").error().text(), "event 9 can't be read");
}

// The checksum holds, and the fields do not.
TEST(Event, AFieldThatEndsEarlyIsDamage) {
  std::string tail;
  tail.push_back(static_cast<char>(0x80 | 6));
  put_varint(tail, 50);
  tail += "short";
  EXPECT_FALSE(decode(1, with_tail(tail)));
  EXPECT_FALSE(decode(1, seal_record(1, "")));
  EXPECT_FALSE(decode(1, seal_record(0, "\x02")));
}

TEST(Event, TypesAreReadByTheirNames) {
  for (const Type type : {Type::accepted, Type::delivered, Type::deferred, Type::failed,
                          Type::expired, Type::bounced, Type::suppressed, Type::complained,
                          Type::unsubscribed, Type::delayed, Type::rejected, Type::operational}) {
    EXPECT_EQ(*parse_type(to_string(type)), type);
  }
  EXPECT_EQ(parse_type("lost\n").error().code(), Errc::invalid);
  EXPECT_EQ(to_string(static_cast<Type>(200)), "unknown");
}

}  // namespace
}  // namespace postrider::events
