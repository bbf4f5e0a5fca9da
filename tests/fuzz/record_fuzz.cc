// What lies on disk: no bytes make its reading crash, what is read comes out the same when it is
// written and read again, what is written is read as it was, and damage is found.
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include <boost/json/parse.hpp>

#include "base/bytes.h"
#include "events/event.h"
#include "spool/records.h"
#include "support/choices.h"
#include "support/require.h"

namespace {

using namespace postrider;
using fuzz::Choices;
using fuzz::require;

// A comparison of our own, field by field: that both encode alike would say nothing of a field that
// encode() forgets.

bool equal(const smtp::Recipient& a, const smtp::Recipient& b) {
  return std::tie(a.address.local, a.address.domain, a.notify, a.orcpt) ==
         std::tie(b.address.local, b.address.domain, b.notify, b.orcpt);
}

bool equal(const smtp::Envelope& a, const smtp::Envelope& b) {
  return std::tie(a.reverse_path.local, a.reverse_path.domain, a.body, a.smtputf8, a.ret,
                  a.envid) == std::tie(b.reverse_path.local, b.reverse_path.domain, b.body,
                                       b.smtputf8, b.ret, b.envid) &&
         std::ranges::equal(a.recipients, b.recipients,
                            [](const auto& x, const auto& y) { return equal(x, y); });
}

bool equal(const spool::Message& a, const spool::Message& b) {
  const auto fields = [](const spool::Message& m) {
    return std::tie(m.id.value, m.account.value, m.accepted, m.from_domain, m.size, m.is_bulk,
                    m.lacks_message_id, m.has_eight_bit_header, m.has_eight_bit_body,
                    m.has_dot_lines, m.has_long_lines, m.labels.campaign, m.labels.custom_id,
                    m.labels.payload, m.is_tracked, m.privacy, m.lacks_unsubscribe);
  };
  return fields(a) == fields(b) && equal(a.envelope, b.envelope);
}

Time a_time(Choices& choices) {
  return Time(Duration(static_cast<std::int64_t>(choices.number())));
}

mail::Address an_address(Choices& choices) {
  mail::Address address;
  address.local = choices.text();
  address.domain = choices.text();
  return address;
}

spool::Message a_message(Choices& choices) {
  spool::Message message;
  message.id = MessageId{choices.number()};
  message.account = AccountId{choices.number()};
  message.accepted = a_time(choices);
  message.from_domain = choices.text();
  message.size = choices.number();
  const std::uint8_t flags = choices.byte();
  message.is_bulk = (flags & 1) != 0;
  message.lacks_message_id = (flags & 2) != 0;
  message.has_eight_bit_header = (flags & 4) != 0;
  message.has_eight_bit_body = (flags & 8) != 0;
  message.has_dot_lines = (flags & 16) != 0;
  message.has_long_lines = (flags & 32) != 0;
  message.envelope.smtputf8 = (flags & 64) != 0;
  message.envelope.body = (flags & 128) != 0 ? smtp::Body::eight_bit_mime : smtp::Body::seven_bit;
  message.envelope.reverse_path = an_address(choices);
  message.envelope.ret = static_cast<smtp::Ret>(choices.byte() % 3);
  message.envelope.envid = choices.text();
  for (int count = choices.byte() % 5; count >= 0; --count) {
    smtp::Recipient recipient;
    recipient.address = an_address(choices);
    recipient.notify = choices.byte() & 15;
    recipient.orcpt = choices.text();
    message.envelope.recipients.push_back(std::move(recipient));
  }
  message.labels.campaign = choices.text();
  message.labels.custom_id = choices.text();
  message.labels.payload = choices.text();
  message.privacy = static_cast<Privacy>(choices.byte() % 5);
  message.is_tracked = message.privacy != Privacy::off;
  message.lacks_unsubscribe = message.is_bulk && message.lacks_message_id;
  return message;
}

spool::RecipientState a_recipient(Choices& choices) {
  spool::RecipientState state;
  state.attempts = static_cast<std::uint32_t>(choices.number());
  state.due = a_time(choices);
  state.is_settled = choices.flag();
  state.site = choices.text();
  state.last_reply = choices.text();
  return state;
}

/// Some of the fields, the rest as they are: an event has more than an input can fill.
events::Event an_event(Choices& choices) {
  using events::Event;
  events::Event event;
  event.sequence = choices.number();
  event.type = static_cast<events::Type>(choices.byte());
  std::string Event::* const texts[] = {
      &Event::from,           &Event::to,          &Event::header_from, &Event::subject,
      &Event::stream,         &Event::site,        &Event::mx_host,     &Event::mx_address,
      &Event::source_address, &Event::tls_version, &Event::tls_cipher,  &Event::enhanced,
      &Event::reply,          &Event::session,     &Event::client,      &Event::user,
      &Event::detail,         &Event::kind,        &Event::category,    &Event::campaign,
      &Event::custom_id,      &Event::payload};
  std::uint64_t Event::* const numbers[] = {&Event::size, &Event::code, &Event::attempt,
                                            &Event::queue_ms, &Event::attempt_ms};
  for (int count = choices.byte() % 8; count > 0; --count) {
    const std::uint8_t which = choices.byte();
    if (which < 128) {
      event.*texts[which % std::size(texts)] = choices.text();
    } else {
      event.*numbers[which % std::size(numbers)] = choices.number();
    }
  }
  event.time = a_time(choices);
  event.account = AccountId{choices.number()};
  event.message = MessageId{choices.number()};
  event.recipient = RecipientId{choices.number()};
  event.next_attempt = a_time(choices);
  return event;
}

/// One that no writer has made: `where` says which byte becomes another, or is the last.
std::string damaged(std::string record, std::uint64_t where, std::uint8_t how) {
  const auto at = static_cast<std::size_t>(where % record.size());
  if (how % 8 == 0) {
    record.resize(at);
  } else {
    record[at] = static_cast<char>(record[at] ^ how);
  }
  return record;
}

template <class T>
void require_refused(const Result<T>& read) {
  require(
      !read && (read.error().code() == Errc::corrupt || read.error().code() == Errc::unavailable),
      "damage is found");
}

bool has_controls(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool is_c1 =
        c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c < ' ' || c == 0x7F || is_c1) {
      return true;
    }
  }
  return false;
}

void check_json(const events::Event& event) {
  boost::system::error_code ec;
  const std::string text = events::to_json(event);
  boost::json::parse(text, ec);
  require(!ec && !has_controls(text), "an event is one line of JSON", text);
}

void check_message(const spool::Message& message, Choices& choices) {
  const std::string record = spool::encode(message);
  const auto read = spool::decode_message(message.id, record);
  require(read && equal(*read, message), "a message is read as it was written");
  require_refused(
      spool::decode_message(message.id, damaged(record, choices.number(), choices.byte())));
}

void check_recipient(const spool::RecipientState& state, Choices& choices) {
  const std::string record = spool::encode(state);
  const auto read = spool::decode_recipient(record);
  require(read && *read == state, "a recipient is read as it was written");
  require_refused(spool::decode_recipient(damaged(record, choices.number(), choices.byte())));
}

void check_event(const events::Event& event, Choices& choices) {
  const std::string record = events::encode(event);
  const auto read = events::decode(event.sequence, record);
  require(read && *read == event, "an event is read as it was written");
  const auto shared =
      events::decode(event.sequence, events::SharedEvent(event).encode(event.recipient, event.to));
  require(shared && *shared == event, "a shared event is the same event");
  check_json(event);
  require_refused(
      events::decode(event.sequence, damaged(record, choices.number(), choices.byte())));
}

void check_content(std::string_view content, Choices& choices) {
  const std::string stored = spool::content_prefix(content, {}) + std::string(content);
  const auto opened = spool::open_content(stored);
  require(opened && opened->bytes == content, "content is read as it was written");
  require_refused(spool::open_content(damaged(stored, choices.number(), choices.byte())));
  const std::string plan(choices.text());
  const auto planned =
      spool::open_content(spool::content_prefix(content, plan) + std::string(content));
  require(planned && planned->bytes == content && planned->plan == plan,
          "content and plan are read as they were written");
}

void check_keys(MessageId id, std::uint32_t index) {
  const std::string key = spool::recipient_key(id, index);
  require(spool::message_of_key(key) == id && spool::index_of_key(key) == index &&
              key.starts_with(spool::message_key(id)),
          "a key says what it is the key of");
}

/// Bytes from anywhere: as they are, and with the checksum that lets them through to the fields.
void check_bytes(std::string_view bytes, std::uint8_t version) {
  for (const std::string& record :
       {std::string(bytes), seal_record(version % 3, bytes), seal_record(1, bytes)}) {
    if (const auto message = spool::decode_message(MessageId{7}, record)) {
      const auto again = spool::decode_message(MessageId{7}, spool::encode(*message));
      require(again && equal(*again, *message), "a message survives another writing");
    }
    if (const auto state = spool::decode_recipient(record)) {
      const auto again = spool::decode_recipient(spool::encode(*state));
      require(again && *again == *state, "a recipient survives another writing");
    }
    if (const auto event = events::decode(7, record)) {
      const auto again = events::decode(7, events::encode(*event));
      require(again && *again == *event, "an event survives another writing");
      check_json(*event);
    }
    std::ignore = spool::open_content(record);
  }
  spool::message_of_key(bytes);
  spool::index_of_key(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  switch (choices.byte() % 5) {
    case 0:
      check_message(a_message(choices), choices);
      break;
    case 1:
      check_recipient(a_recipient(choices), choices);
      break;
    case 2:
      check_event(an_event(choices), choices);
      break;
    case 3:
      check_keys(MessageId{choices.number()}, static_cast<std::uint32_t>(choices.number()));
      check_content(choices.text(), choices);
      break;
    default: {
      const std::uint8_t version = choices.byte();
      check_bytes(choices.rest(), version);
    }
  }
  return 0;
}
