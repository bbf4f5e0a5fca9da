#include "spool/records.h"

#include <utility>

#include "base/bytes.h"

namespace postrider::spool {
namespace {

constexpr std::uint8_t kMessageVersion = 1;
constexpr std::uint8_t kRecipientVersion = 2;  // 1 ended before `laters`
constexpr char kContentVersion = 1;
constexpr std::size_t kContentPrefix = 5;

/// Errc::unavailable for what is whole, and of a version that only a newer Postrider can read.
Result<Reader> read_record(std::string_view record, std::uint8_t newest, const std::string& what) {
  const OpenedRecord opened = open_record(record);
  if (!opened.intact || opened.version == 0) {
    return fail(Errc::corrupt, what + " can't be read");
  }
  if (opened.version > newest) {
    return fail(Errc::unavailable, what + " was written by a newer version of Postrider");
  }
  return Reader(opened.payload);
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
};

std::uint64_t flags_of(const Message& message) {
  return (message.is_bulk ? kBulk : 0) | (message.lacks_message_id ? kLacksMessageId : 0) |
         (message.has_eight_bit_header ? kEightBitHeader : 0) |
         (message.has_eight_bit_body ? kEightBitBody : 0) |
         (message.has_dot_lines ? kDotLines : 0) | (message.has_long_lines ? kLongLines : 0) |
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
  std::string out = begin_record(kMessageVersion, 128 + message.envelope.recipients.size() * 48);
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
  return seal_record(std::move(out));
}

Result<Message> decode_message(MessageId id, std::string_view record) {
  const std::string what = "the record of message " + to_string(id);
  TRY(Reader reader, read_record(record, kMessageVersion, what));
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
  TRY_VOID(check_end(reader, what));
  if (count == 0) {
    return fail(Errc::corrupt, what + " names no recipient");
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
  TRY(Reader reader, read_record(record, kRecipientVersion, what));
  const bool is_first_version = open_record(record).version == 1;
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

std::string content_prefix(std::string_view content) {
  std::string prefix(1, kContentVersion);
  put_u32(prefix, checksum(content));
  return prefix;
}

Result<std::string> open_content(std::string stored) {
  if (stored.size() >= kContentPrefix && stored[0] > kContentVersion) {
    return fail(Errc::unavailable,
                "the stored bytes of the message were written by a newer version of Postrider");
  }
  if (stored.size() < kContentPrefix || stored[0] != kContentVersion ||
      Reader(std::string_view(stored).substr(1)).u32() !=
          checksum(std::string_view(stored).substr(kContentPrefix))) {
    return fail(Errc::corrupt, "the stored bytes of the message are damaged");
  }
  stored.erase(0, kContentPrefix);
  return stored;
}

}  // namespace postrider::spool
