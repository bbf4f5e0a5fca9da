#include "relay/instructions.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "bounce/charset.h"

namespace postrider::relay {
namespace {

constexpr std::array<std::string_view, 3> kPrefixes{"X-MJ-", "X-Mailjet-", "X-Postrider-"};
constexpr std::size_t kCampaignMax = 255;  // characters
constexpr std::size_t kCustomIdMax = 1024;
constexpr std::size_t kPayloadMax = 8192;  // it is written again with each event

enum class Name { campaign, custom_id, payload, opens, clicks, privacy, stream, other };

struct Known {
  std::string_view text;
  Name name;
};
constexpr std::array kKnown{
    Known{"X-Mailjet-Campaign", Name::campaign}, Known{"X-MJ-CustomID", Name::custom_id},
    Known{"X-MJ-EventPayload", Name::payload},   Known{"X-Mailjet-TrackOpen", Name::opens},
    Known{"X-Mailjet-TrackClick", Name::clicks}, Known{"X-Postrider-Privacy", Name::privacy},
    Known{"X-Postrider-Stream", Name::stream}};

Name name_of(std::string_view text) {
  const auto* const known = std::ranges::find_if(
      kKnown, [&](const Known& one) { return equal_ignoring_case(one.text, text); });
  return known == kKnown.end() ? Name::other : known->name;
}

std::unexpected<Error> refused(const mail::Field& field, const std::string& why) {
  return fail(Errc::invalid, "554 5.6.0 " + std::string(field.name) + ": " + why);
}

std::unexpected<Error> too_long(const mail::Field& field, std::size_t most, const char* unit) {
  return refused(field, "is longer than " + std::to_string(most) + " " + unit);
}

bool is_of_campaign(char c) {
  return is_alpha(c) || is_digit(c) || c == ' ' || c == '-' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Result<> check_campaign(const mail::Field& field, const std::string& value) {
  if (count_characters(value) > kCampaignMax) {
    return too_long(field, kCampaignMax, "characters");
  }
  if (!is_printable(value) || !std::ranges::all_of(value, is_of_campaign)) {
    return refused(
        field, "'" + printable(value, 80) + "' holds more than letters, digits, spaces, - and _");
  }
  return {};
}

Result<> check_custom_id(const mail::Field& field, const std::string& value) {
  if (value.size() > kCustomIdMax) {
    return too_long(field, kCustomIdMax, "bytes");
  }
  return is_printable(value) ? Result<>() : refused(field, "holds control characters");
}

Result<> read_switch(std::optional<bool>& into, const mail::Field& field,
                     const std::string& value) {
  if (value != "0" && value != "1") {
    return refused(field, "'" + printable(value, 40) + "' is neither 0 (off) nor 1 (on)");
  }
  into = value == "1";
  return {};
}

Result<> read_privacy(std::optional<Privacy>& into, const mail::Field& field,
                      const std::string& value) {
  const Result<Privacy> privacy = parse_privacy(lower(value));
  if (!privacy) {
    return refused(field, privacy.error().text());
  }
  into = *privacy;
  return {};
}

Result<> read_stream(std::optional<bool>& is_bulk, const mail::Field& field,
                     const std::string& value) {
  const std::string stream = lower(value);
  if (stream != "bulk" && stream != "transactional") {
    return refused(field, "'" + printable(value, 40) + "' is neither bulk nor transactional");
  }
  is_bulk = stream == "bulk";
  return {};
}

Result<> read_value(Instructions& instructions, const mail::Field& field, Name name,
                    std::string value) {
  switch (name) {
    case Name::campaign:
      TRY_VOID(check_campaign(field, value));
      instructions.labels.campaign = std::move(value);
      return {};
    case Name::custom_id:
      TRY_VOID(check_custom_id(field, value));
      instructions.labels.custom_id = std::move(value);
      return {};
    case Name::payload:
      if (value.size() > kPayloadMax) {
        return too_long(field, kPayloadMax, "bytes");
      }
      instructions.labels.payload = std::move(value);
      return {};
    case Name::opens:
      return read_switch(instructions.opens, field, value);
    case Name::clicks:
      return read_switch(instructions.clicks, field, value);
    case Name::privacy:
      return read_privacy(instructions.privacy, field, value);
    case Name::stream:
      return read_stream(instructions.is_bulk, field, value);
    case Name::other:
      break;
  }
  return {};
}

}  // namespace

bool is_instruction(std::string_view name) {
  return std::ranges::any_of(
      kPrefixes, [&](std::string_view prefix) { return starts_with_ignoring_case(name, prefix); });
}

Result<Instructions> read_instructions(const std::vector<mail::Field>& fields) {
  Instructions instructions;
  std::array<bool, kKnown.size()> seen{};
  for (const mail::Field& field : fields) {
    if (!is_instruction(field.name)) {
      continue;
    }
    const Name name = name_of(field.name);
    if (name == Name::other) {
      continue;
    }
    if (std::exchange(seen.at(static_cast<std::size_t>(name)), true)) {
      return refused(field, "stands there more than once");
    }
    std::string value(trim(bounce::decode_words(field.value)));
    if (!value.empty()) {
      TRY_VOID(read_value(instructions, field, name, std::move(value)));
    }
  }
  return instructions;
}

void add_labels(const spool::Labels& labels, events::Event& event) {
  event.campaign = labels.campaign;
  event.custom_id = labels.custom_id;
  event.payload = labels.payload;
}

}  // namespace postrider::relay
