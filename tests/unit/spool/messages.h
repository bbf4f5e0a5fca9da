// Messages for the tests of the spool.
#pragma once

#include <gtest/gtest.h>

#include "spool/message.h"

namespace postrider::spool {

/// One that says everything that can be said.
inline Message full_message(MessageId id) {
  Message message;
  message.id = id;
  message.account = AccountId{42};
  message.accepted = Time(std::chrono::milliseconds(1'795'413'132'345));
  message.envelope.reverse_path = {.local = "shop", .domain = "example.org"};
  message.envelope.recipients.push_back({.address = {.local = "ann", .domain = "example.net"},
                                         .notify = smtp::kNotifySuccess | smtp::kNotifyDelay,
                                         .orcpt = "rfc822;ann@example.net"});
  message.envelope.recipients.push_back(
      {.address = {.local = "j\xc3\xb6rg x", .domain = "[192.0.2.1]"}, .notify = 0, .orcpt = {}});
  message.envelope.body = smtp::Body::eight_bit_mime;
  message.envelope.smtputf8 = true;
  message.envelope.ret = smtp::Ret::headers;
  message.envelope.envid = "order+17";
  message.from_domain = "example.org";
  message.size = 123'456;
  message.is_bulk = true;
  message.lacks_message_id = true;
  message.lacks_unsubscribe = true;
  message.has_eight_bit_header = true;
  message.has_eight_bit_body = true;
  message.has_dot_lines = true;
  message.has_long_lines = true;
  message.labels = {.campaign = "spring", .custom_id = "order-17", .payload = "{\"o\":17}"};
  message.is_tracked = true;
  message.privacy = Privacy::pseudonymous;
  return message;
}

inline void expect_same(const Message& a, const Message& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.account, b.account);
  EXPECT_EQ(a.accepted, b.accepted);
  EXPECT_EQ(a.envelope.reverse_path, b.envelope.reverse_path);
  ASSERT_EQ(a.envelope.recipients.size(), b.envelope.recipients.size());
  for (std::size_t i = 0; i < a.envelope.recipients.size(); ++i) {
    EXPECT_EQ(a.envelope.recipients[i].address, b.envelope.recipients[i].address);
    EXPECT_EQ(a.envelope.recipients[i].notify, b.envelope.recipients[i].notify);
    EXPECT_EQ(a.envelope.recipients[i].orcpt, b.envelope.recipients[i].orcpt);
  }
  EXPECT_EQ(a.envelope.body, b.envelope.body);
  EXPECT_EQ(a.envelope.smtputf8, b.envelope.smtputf8);
  EXPECT_EQ(a.envelope.ret, b.envelope.ret);
  EXPECT_EQ(a.envelope.envid, b.envelope.envid);
  EXPECT_EQ(a.from_domain, b.from_domain);
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.is_bulk, b.is_bulk);
  EXPECT_EQ(a.lacks_message_id, b.lacks_message_id);
  EXPECT_EQ(a.lacks_unsubscribe, b.lacks_unsubscribe);
  EXPECT_EQ(a.has_eight_bit_header, b.has_eight_bit_header);
  EXPECT_EQ(a.has_eight_bit_body, b.has_eight_bit_body);
  EXPECT_EQ(a.has_dot_lines, b.has_dot_lines);
  EXPECT_EQ(a.has_long_lines, b.has_long_lines);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.is_tracked, b.is_tracked);
  EXPECT_EQ(a.privacy, b.privacy);
}

}  // namespace postrider::spool
