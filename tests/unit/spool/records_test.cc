#include "spool/records.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "spool/messages.h"
#include "support/golden.h"

namespace postrider::spool {
namespace {

using test::stored_record;

constexpr MessageId kId{7'306'114'048};

RecipientState state() {
  return {.attempts = 3,
          .due = Time(std::chrono::milliseconds(1'795'413'432'345)),
          .is_settled = false,
          .site = "mx.example.net",
          .last_reply = "451 4.7.1 greylisted"};
}

TEST(Records, AreReadAsTheyWereWritten) {
  const Message message = full_message(kId);
  const Result<Message> read = decode_message(kId, encode(message));
  ASSERT_TRUE(read);
  expect_same(*read, message);

  Message plain;
  plain.id = kId;
  plain.envelope.recipients.resize(1);
  plain.has_dot_lines = false;
  expect_same(*decode_message(kId, encode(plain)), plain);

  EXPECT_EQ(*decode_recipient(encode(state())), state());
  RecipientState settled;
  settled.is_settled = true;
  EXPECT_EQ(*decode_recipient(encode(settled)), settled);
  const std::string content = "Subject: x\r\n\r\nbody\r\n";
  EXPECT_EQ(open_content(content_prefix(content, {}) + content)->bytes, content);
  EXPECT_EQ(open_content(content_prefix("", {}))->bytes, "");
}

TEST(Records, ARecipientThatWasToldToComeLaterIsOfTheSecondVersion) {
  RecipientState later = state();
  later.laters = 2;
  const std::string record = encode(later);
  EXPECT_EQ(open_record(record).version, 2);
  EXPECT_EQ(*decode_recipient(record), later);
  EXPECT_EQ(open_record(encode(state())).version, 1) << "older versions can read it";
}

// Mail that waits must be readable by every later version.
TEST(Records, TheFirstVersionStaysReadable) {
  const Result<Message> message = decode_message(kId, stored_record("message_v1.hex"));
  ASSERT_TRUE(message);
  Message first = full_message(kId);
  first.labels = {};
  first.is_tracked = false;
  first.lacks_unsubscribe = false;
  first.privacy = Privacy::off;
  expect_same(*message, first);
  EXPECT_EQ(*decode_recipient(stored_record("recipient_v1.hex")), state());
  EXPECT_EQ(open_content(stored_record("body_v1.hex"))->bytes, "Subject: x\r\n\r\nbody\r\n");
}

TEST(Records, TheSecondVersionStaysReadable) {
  const Result<Message> message = decode_message(kId, stored_record("message_v2.hex"));
  ASSERT_TRUE(message);
  Message second = full_message(kId);
  second.lacks_unsubscribe = false;
  expect_same(*message, second);
}

TEST(Records, WhoWantsLessKnownMakesTheThirdVersion) {
  Message message = full_message(kId);
  EXPECT_EQ(open_record(encode(message)).version, 2) << "older versions can read it";
  message.less_known = {{.index = 1, .privacy = Privacy::off},
                        {.index = 300, .privacy = Privacy::anonymous}};
  const std::string record = encode(message);
  EXPECT_EQ(open_record(record).version, 3);
  const Result<Message> read = decode_message(kId, record);
  ASSERT_TRUE(read);
  expect_same(*read, message);
  EXPECT_EQ(read->less_known, message.less_known);
  message.less_known = {{.index = 1, .privacy = static_cast<Privacy>(9)}};
  EXPECT_EQ(decode_message(kId, encode(message)).error().code(), Errc::corrupt);
}

// What tracking changes lies with the bytes; that it is whole, its own checksum says.
TEST(Records, APlanIsKeptInFrontOfTheContent) {
  const std::string content = "Subject: x\r\n\r\nbody\r\n";
  const std::string stored = content_prefix(content, "the plan") + content;
  const Result<Content> read = open_content(stored);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->bytes, content);
  EXPECT_EQ(read->plan, "the plan");
  EXPECT_EQ(open_content(content_prefix(content, {}) + content)->plan, "");
  for (std::size_t size = 0; size < stored.size(); ++size) {
    EXPECT_FALSE(open_content(stored.substr(0, size))) << size;
  }
  for (std::size_t i = 1; i < stored.size(); ++i) {
    std::string damaged = stored;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    const bool is_of_plan = i >= 9 && i < 9 + std::string("the plan").size();
    EXPECT_EQ(open_content(damaged).has_value(), is_of_plan) << i;
  }
}

TEST(Records, EveryDamagedByteIsSeen) {
  const std::string message = encode(full_message(kId));
  const std::string recipient = encode(state());
  const std::string content = content_prefix("text", {}) + "text";
  const auto each_damaged = [](const std::string& record, const auto& read) {
    for (std::size_t i = 0; i < record.size(); ++i) {
      std::string damaged = record;
      damaged[i] = static_cast<char>(damaged[i] ^ 1);
      EXPECT_EQ(read(damaged), Errc::corrupt) << i;
      EXPECT_EQ(read(record.substr(0, i)), Errc::corrupt) << i;
    }
  };
  each_damaged(message, [](const std::string& record) {
    const auto read = decode_message(kId, record);
    return read ? Errc::invalid : read.error().code();
  });
  each_damaged(recipient, [](const std::string& record) {
    const auto read = decode_recipient(record);
    return read ? Errc::invalid : read.error().code();
  });
  each_damaged(content.substr(1), [](const std::string& record) {
    const auto read = open_content(std::string(1, '\x01') + record);
    return read ? Errc::invalid : read.error().code();
  });
}

// It is whole, and for another to read: nothing may be done to it.
TEST(Records, ANewerVersionIsNotDamage) {
  EXPECT_EQ(decode_message(kId, seal_record(4, "what will be")).error().code(), Errc::unavailable);
  EXPECT_EQ(decode_recipient(seal_record(3, "what will be")).error().code(), Errc::unavailable);
  EXPECT_EQ(open_content("\x03what will be").error().code(), Errc::unavailable);
}

TEST(Records, WhatIsLeftOverOrLackingIsDamage) {
  const std::string good = encode(state());
  const std::string payload = good.substr(1, good.size() - 5);
  EXPECT_TRUE(decode_recipient(seal_record(1, payload)));
  EXPECT_EQ(decode_recipient(seal_record(1, payload + "x")).error().code(), Errc::corrupt);
  EXPECT_EQ(decode_recipient(seal_record(1, "")).error().code(), Errc::corrupt);
  Message nobody = full_message(kId);
  nobody.envelope.recipients.clear();
  EXPECT_EQ(decode_message(kId, encode(nobody)).error().code(), Errc::corrupt);
}

TEST(Records, KeysStandInTheOrderOfTheirNumbers) {
  EXPECT_LT(message_key(MessageId{255}), message_key(MessageId{256}));
  EXPECT_LT(recipient_key(kId, 255), recipient_key(kId, 256));
  EXPECT_LT(recipient_key(kId, ~0U), message_key(MessageId{kId.value + 1}));
  EXPECT_EQ(message_of_key(recipient_key(kId, 9)), kId);
  EXPECT_EQ(index_of_key(recipient_key(kId, 9)), 9U);
  EXPECT_EQ(index_of_key(message_key(kId)), ~0U);
}

}  // namespace
}  // namespace postrider::spool
