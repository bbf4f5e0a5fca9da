#include "events/event.h"

#include <algorithm>
#include <array>
#include <variant>

#include "base/bytes.h"
#include "base/json_text.h"
#include "base/text.h"
#include "events/event_fields.h"

namespace postrider::events {
namespace {

constexpr std::uint8_t kVersion = 1;

/// The value of a field that is a number in some type; 0: says nothing.
struct NumberOf {
  const Event& event;
  std::uint64_t operator()(std::string Event::*) const { return 0; }
  std::uint64_t operator()(std::uint64_t Event::* member) const { return event.*member; }
  std::uint64_t operator()(Time Event::* member) const {
    return static_cast<std::uint64_t>((event.*member).time_since_epoch().count());
  }
  template <class Tag>
  std::uint64_t operator()(Id<Tag> Event::* member) const {
    return (event.*member).value;
  }
};

struct SetNumber {
  Event& event;
  std::uint64_t value;
  void operator()(std::string Event::*) const {}
  void operator()(std::uint64_t Event::* member) const { event.*member = value; }
  void operator()(Time Event::* member) const {
    event.*member = Time(Duration(static_cast<std::int64_t>(value)));
  }
  template <class Tag>
  void operator()(Id<Tag> Event::* member) const {
    event.*member = Id<Tag>{value};
  }
};

// A tag is followed by a varint or, for a string, by length and bytes: bit 7 of the tag tells
// which.
constexpr std::uint8_t kStringBit = 0x80;

void encode_field(std::string& out, const Event& event, const Field& field) {
  if (const auto* text = std::get_if<std::string Event::*>(&field.member)) {
    if (!(event.*(*text)).empty()) {
      out.push_back(static_cast<char>(field.tag | kStringBit));
      put_bytes(out, event.*(*text));
    }
    return;
  }
  if (const std::uint64_t number = std::visit(NumberOf{event}, field.member); number != 0) {
    out.push_back(static_cast<char>(field.tag));
    put_varint(out, number);
  }
}

/// Durations: of an attempt 0 is a value, not nothing.
bool is_of_attempts(const Field& field) {
  return field.name == "queue_ms" || field.name == "attempt_ms";
}

constexpr std::uint8_t kNoField = 0xFF;

/// Where in kFields the field with a tag is: an event is some twenty of these look-ups.
constexpr auto kPlaces = [] {
  std::array<std::uint8_t, kStringBit> places{};
  places.fill(kNoField);
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    places[kFields[i].tag] = static_cast<std::uint8_t>(i);
  }
  return places;
}();

/// What Reader (base/bytes.h) does, where the compiler sees it.
class FieldReader {
 public:
  explicit FieldReader(std::string_view payload)
      : at_(payload.data()), end_(payload.data() + payload.size()) {}

  std::uint8_t u8() { return at_ == end_ ? refuse() : static_cast<std::uint8_t>(*at_++); }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(*at_++);
      const std::uint64_t bits = byte & 0x7F;
      if (bits << shift >> shift != bits) {
        break;  // more than 64 bits
      }
      value |= bits << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    return refuse();
  }

  std::string_view bytes() {
    const std::uint64_t size = varint();
    if (size > static_cast<std::uint64_t>(end_ - at_)) {
      refuse();
      return {};
    }
    const std::string_view text(at_, size);
    at_ += size;
    return text;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }

 private:
  std::uint8_t refuse() {
    ok_ = false;
    at_ = end_;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

void decode_field(Event& event, std::uint8_t tag, FieldSet wanted, FieldReader& reader) {
  const std::uint8_t plain = tag & ~kStringBit;
  const std::uint8_t place = kPlaces[plain];
  const bool is_wanted = place != kNoField && wanted.has(plain);
  if ((tag & kStringBit) != 0) {
    const std::string_view text = reader.bytes();
    if (is_wanted) {
      if (const auto* member = std::get_if<std::string Event::*>(&kFields[place].member)) {
        event.*(*member) = text;
      }
    }
    return;
  }
  const std::uint64_t number = reader.varint();
  if (is_wanted) {
    std::visit(SetNumber{event, number}, kFields[place].member);
  }
}

}  // namespace

std::string_view to_string(Type type) {
  const auto found = std::ranges::find(kTypes, type, &TypeName::type);
  return found == kTypes.end() ? "unknown" : found->name;
}

bool says_how_it_stands(Type type) {
  switch (type) {
    case Type::accepted:
    case Type::delivered:
    case Type::deferred:
    case Type::failed:
    case Type::expired:
    case Type::bounced:
    case Type::complained:
    case Type::suppressed:
      return true;
    default:
      return false;
  }
}

Result<Type> parse_type(std::string_view name) {
  const auto found = std::ranges::find(kTypes, name, &TypeName::name);
  if (found == kTypes.end()) {
    std::string names;
    for (const TypeName& type : kTypes) {
      names += (names.empty() ? "" : ", ") + std::string(type.name);
    }
    return fail(Errc::invalid,
                "'" + printable(name, 40) + "' is not a type of event: there are " + names);
  }
  return found->type;
}

std::string encode(const Event& event) {
  std::string record = begin_record(kVersion, 256);
  record.push_back(static_cast<char>(event.type));
  for (const Field& field : kFields) {
    encode_field(record, event, field);
  }
  return seal_record(std::move(record));
}

SharedEvent::SharedEvent(const Event& event) {
  common_.reserve(256);
  common_.push_back(static_cast<char>(event.type));
  for (const Field& field : kFields) {
    if (field.tag != kRecipientTag && field.tag != kToTag) {
      encode_field(common_, event, field);
    }
  }
}

std::string SharedEvent::encode(RecipientId recipient, std::string_view to) const {
  std::string payload;
  payload.reserve(common_.size() + to.size() + 16);
  payload += common_;
  payload.push_back(static_cast<char>(kRecipientTag));
  put_varint(payload, recipient.value);
  payload.push_back(static_cast<char>(kToTag | kStringBit));
  put_bytes(payload, to);
  return seal_record(kVersion, payload);
}

Result<> decode(std::uint64_t sequence, std::string_view record, FieldSet wanted, Event& event) {
  const OpenedRecord opened = open_record(record);
  FieldReader reader(opened.intact ? opened.payload : std::string_view());
  event.sequence = sequence;
  event.type = static_cast<Type>(reader.u8());
  while (!reader.at_end()) {
    decode_field(event, reader.u8(), wanted, reader);
  }
  if (!reader.ok() || opened.version == 0) {
    return fail(Errc::corrupt, "event " + std::to_string(sequence) + " can't be read");
  }
  return {};
}

Result<Event> decode(std::uint64_t sequence, std::string_view record, FieldSet wanted) {
  Event event;
  TRY_VOID(decode(sequence, record, wanted, event));
  return event;
}

Type type_of_record(std::string_view record) {
  return static_cast<Type>(record.size() > 1 ? record[1] : 0);  // behind the version
}

std::string to_json(const Event& event) {
  JsonText json;
  json.begin_object();
  json.field("sequence", event.sequence);
  json.field("type", to_string(event.type));
  for (const Field& field : kFields) {
    if (const auto* text = std::get_if<std::string Event::*>(&field.member)) {
      if (!(event.*(*text)).empty()) {
        json.field(field.name, event.*(*text));
      }
    } else if (const std::uint64_t number = std::visit(NumberOf{event}, field.member);
               number != 0 || (event.attempt > 0 && is_of_attempts(field))) {
      if (const auto* time = std::get_if<Time Event::*>(&field.member)) {
        json.field(field.name, format_time(event.*(*time)));
      } else {
        json.field(field.name, number);
      }
    }
  }
  json.end_object();
  return json.take();
}

}  // namespace postrider::events
