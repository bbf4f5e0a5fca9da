#include "spool/records.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace postrider::spool {
namespace {

constexpr std::uint8_t kMessageVersion = 3;    // 1 ended with the recipients, 2 before less_known
constexpr std::uint8_t kRecipientVersion = 2;  // 1 ended before `laters`
constexpr char kContentVersion = 1;
constexpr char kPlannedContentVersion = 2;
constexpr std::size_t kContentPrefix = 5;

struct Opened {
  Reader reader;
  std::uint8_t version;
};

/// Errc::unavailable for what is whole, and of a version that only a newer Postrider can read.
Result<Opened> read_record(std::string_view record, std::uint8_t newest, const std::string& what) {
  const OpenedRecord opened = open_record(record);
  if (!opened.intact || opened.version == 0) {
    return fail(Errc::corrupt, what + " can't be read");
  }
  if (opened.version > newest) {
    return fail(Errc::unavailable, what + " was written by a newer version of Postrider");
  }
  return Opened{.reader = Reader(opened.payload), .version = opened.version};
}

Result<> check_end(const Reader& reader, const std::string& what) {
  if (!reader.ok() || !reader.at_end()) {
    return fail(Errc::corrupt, what + " can't be read");
  }
  return {};
}

enum MessageFlag : std::uint64_t {
  kBulk = 1,
  kLacksMessageId = 2,
  kEightBitHeader = 4,
  kEightBitBody = 8,
  kDotLines = 16,
  kLongLines = 32,
  kSmtpUtf8 = 64,
  kDeclaredEightBit = 128,
  kTracked = 256,
  kLacksUnsubscribe = 512,
};

std::uint64_t flags_of(const Message& message) {
  return (message.is_bulk ? kBulk : 0) | (message.lacks_message_id ? kLacksMessageId : 0) |
         (message.has_eight_bit_header ? kEightBitHeader : 0) |
         (message.has_eight_bit_body ? kEightBitBody : 0) |
         (message.has_dot_lines ? kDotLines : 0) | (message.has_long_lines ? kLongLines : 0) |
         (message.is_tracked ? kTracked : 0) | (message.lacks_unsubscribe ? kLacksUnsubscribe : 0) |
         (message.envelope.smtputf8 ? kSmtpUtf8 : 0) |
         (message.envelope.body == smtp::Body::eight_bit_mime ? kDeclaredEightBit : 0);
}

void set_flags(Message& message, std::uint64_t flags) {
  message.is_bulk = (flags & kBulk) != 0;
  message.lacks_message_id = (flags & kLacksMessageId) != 0;
  message.has_eight_bit_header = (flags & kEightBitHeader) != 0;
  message.has_eight_bit_body = (flags & kEightBitBody) != 0;
  message.has_dot_lines = (flags & kDotLines) != 0;
  message.has_long_lines = (flags & kLongLines) != 0;
  message.is_tracked = (flags & kTracked) != 0;
  message.lacks_unsubscribe = (flags & kLacksUnsubscribe) != 0;
  message.envelope.smtputf8 = (flags & kSmtpUtf8) != 0;
  message.envelope.body =
      (flags & kDeclaredEightBit) != 0 ? smtp::Body::eight_bit_mime : smtp::Body::seven_bit;
}

void put_time(std::string& out, Time time) {
  put_varint(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

Time get_time(Reader& reader) {
  return Time(Duration(static_cast<std::int64_t>(reader.varint())));
}

void put_address(std::string& out, const mail::Address& address) {
  put_bytes(out, address.local);
  put_bytes(out, address.domain);
}

mail::Address get_address(Reader& reader) {
  mail::Address address;
  address.local = reader.bytes();
  address.domain = reader.bytes();
  return address;
}

void put_less_known(std::string& out, const std::vector<LessKnown>& all) {
  put_varint(out, all.size());
  for (const LessKnown& one : all) {
    put_varint(out, one.index);
    out.push_back(static_cast<char>(one.privacy));
  }
}

std::vector<LessKnown> get_less_known(Reader& reader) {
  std::vector<LessKnown> all;
  for (std::uint64_t i = reader.varint(); i > 0 && reader.ok(); --i) {
    const auto index = static_cast<std::uint32_t>(reader.varint());
    all.push_back({.index = index, .privacy = static_cast<Privacy>(reader.u8())});
  }
  return all;
}

}  // namespace

std::string message_key(MessageId id) {
  std::string key;
  put_u64(key, id.value);
  return key;
}

std::string recipient_key(MessageId id, std::uint32_t index) {
  std::string key = message_key(id);
  put_u32(key, index);
  return key;
}

MessageId message_of_key(std::string_view key) {
  return MessageId{Reader(key).u64()};
}

std::uint32_t index_of_key(std::string_view key) {
  Reader reader(key);
  reader.u64();
  const std::uint32_t index = reader.u32();
  return reader.ok() ? index : ~std::uint32_t{0};
}

std::string encode(const Message& message) {
  // Most have none of what the second version lacks: older programs can go on reading them.
  const std::uint8_t version = message.less_known.empty() ? 2 : kMessageVersion;
  std::string out = begin_record(version, 128 + message.envelope.recipients.size() * 48);
  put_varint(out, message.account.value);
  put_time(out, message.accepted);
  put_varint(out, flags_of(message));
  put_varint(out, message.size);
  put_bytes(out, message.from_domain);
  put_address(out, message.envelope.reverse_path);
  out.push_back(static_cast<char>(message.envelope.ret));
  put_bytes(out, message.envelope.envid);
  put_varint(out, message.envelope.recipients.size());
  for (const smtp::Recipient& recipient : message.envelope.recipients) {
    put_address(out, recipient.address);
    out.push_back(static_cast<char>(recipient.notify));
    put_bytes(out, recipient.orcpt);
  }
  put_bytes(out, message.labels.campaign);
  put_bytes(out, message.labels.custom_id);
  put_bytes(out, message.labels.payload);
  out.push_back(static_cast<char>(message.privacy));
  if (version > 2) {
    put_less_known(out, message.less_known);
  }
  return seal_record(std::move(out));
}

Result<Message> decode_message(MessageId id, std::string_view record) {
  const std::string what = "the record of message " + to_string(id);
  TRY(Opened opened, read_record(record, kMessageVersion, what));
  Reader& reader = opened.reader;
  Message message;
  message.id = id;
  message.account = AccountId{reader.varint()};
  message.accepted = get_time(reader);
  set_flags(message, reader.varint());
  message.size = reader.varint();
  message.from_domain = reader.bytes();
  message.envelope.reverse_path = get_address(reader);
  message.envelope.ret = static_cast<smtp::Ret>(reader.u8());
  message.envelope.envid = reader.bytes();
  const std::uint64_t count = reader.varint();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    smtp::Recipient recipient;
    recipient.address = get_address(reader);
    recipient.notify = reader.u8();
    recipient.orcpt = reader.bytes();
    message.envelope.recipients.push_back(std::move(recipient));
  }
  if (opened.version > 1) {
    message.labels.campaign = reader.bytes();
    message.labels.custom_id = reader.bytes();
    message.labels.payload = reader.bytes();
    message.privacy = static_cast<Privacy>(reader.u8());
  }
  if (opened.version > 2) {
    message.less_known = get_less_known(reader);
  }
  TRY_VOID(check_end(reader, what));
  if (count == 0) {
    return fail(Errc::corrupt, what + " names no recipient");
  }
  const bool are_levels = message.privacy <= kPrivacyMost &&
                          std::ranges::all_of(message.less_known, [](const LessKnown& one) {
                            return one.privacy <= kPrivacyMost;
                          });
  if (!are_levels) {
    return fail(Errc::corrupt, what + " has a level of privacy that there is not");
  }
  return message;
}

std::string encode(const RecipientState& state) {
  // Most have none of what the first version lacks: older versions can go on reading them.
  const std::uint8_t version = state.laters == 0 ? 1 : kRecipientVersion;
  std::string out = begin_record(version, 24 + state.site.size() + state.last_reply.size());
  put_varint(out, state.attempts);
  put_time(out, state.due);
  out.push_back(state.is_settled ? 1 : 0);
  put_bytes(out, state.site);
  put_bytes(out, state.last_reply);
  if (version >= 2) {
    out.push_back(static_cast<char>(state.laters));
  }
  return seal_record(std::move(out));
}

Result<RecipientState> decode_recipient(std::string_view record) {
  const std::string what = "the record of a recipient";
  TRY(Opened opened, read_record(record, kRecipientVersion, what));
  Reader& reader = opened.reader;
  const bool is_first_version = opened.version == 1;
  RecipientState state;
  state.attempts = static_cast<std::uint32_t>(reader.varint());
  state.due = get_time(reader);
  state.is_settled = reader.u8() != 0;
  state.site = reader.bytes();
  state.last_reply = reader.bytes();
  state.laters = is_first_version ? 0 : reader.u8();
  TRY_VOID(check_end(reader, what));
  return state;
}

std::string content_prefix(std::string_view content, std::string_view plan) {
  std::string prefix(1, plan.empty() ? kContentVersion : kPlannedContentVersion);
  put_u32(prefix, checksum(content));
  if (!plan.empty()) {
    put_u32(prefix, static_cast<std::uint32_t>(plan.size()));
    prefix += plan;
  }
  return prefix;
}

Result<Content> open_content(std::string stored) {
  if (stored.size() >= kContentPrefix && stored[0] > kPlannedContentVersion) {
    return fail(Errc::unavailable,
                "the stored bytes of the message were written by a newer version of Postrider");
  }
  Reader reader(stored);
  const auto version = static_cast<char>(reader.u8());
  const std::uint32_t sum = reader.u32();
  const std::size_t plan_size = version == kPlannedContentVersion ? reader.u32() : 0;
  const std::size_t front = kContentPrefix + (version == kPlannedContentVersion ? 4 : 0);
  const bool is_whole = reader.ok() && version >= kContentVersion &&
                        plan_size <= stored.size() - front &&
                        sum == checksum(std::string_view(stored).substr(front + plan_size));
  if (!is_whole) {
    return fail(Errc::corrupt, "the stored bytes of the message are damaged");
  }
  Content content{.bytes = {}, .plan = stored.substr(front, plan_size)};
  stored.erase(0, front + plan_size);
  content.bytes = std::move(stored);
  return content;
}

}  // namespace postrider::spool
