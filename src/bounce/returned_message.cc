#include "bounce/returned_message.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "bounce/charset.h"
#include "bounce/find_addresses.h"
#include "bounce/mime_reader.h"

namespace postrider::bounce {
namespace {

constexpr std::size_t kHeadMost = 256 << 10;
constexpr std::size_t kQuotedMost = 32 << 10;
constexpr std::size_t kToMost = 20;

/// Without what stands in front of every line, so that fields are fields and continuations such.
std::string without_margin(std::string_view text, std::string_view margin) {
  std::string out;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    line.remove_prefix(line.starts_with(margin) ? margin.size() : 0);
    out.append(line).push_back('\n');
  }
  return out;
}

/// What stands in front of the first line that says something: blanks or "> ".
std::string_view margin_of(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const auto content = line.find_first_not_of(" \t>");
    if (content != std::string_view::npos) {
      return line.substr(0, content);
    }
  }
  return {};
}

std::string first_address(std::string_view value) {
  const auto found = find_addresses(value, 1);
  return found.empty() ? std::string() : std::string(found.front().text);
}

/// The identifier alone: what follows it is a comment or a defect.
std::string read_id(std::string_view value) {
  const auto open = value.find('<');
  const auto close = value.find('>', open == std::string_view::npos ? 0 : open);
  if (open != std::string_view::npos && close != std::string_view::npos) {
    return std::string(value.substr(open, close - open + 1));
  }
  return std::string(value.substr(0, value.find_first_of(" \t\r\n")));
}

void put(ReturnedMessage& message, const MimeField& field) {
  const auto named = [&](std::string_view name) { return equal_ignoring_case(field.name, name); };
  const auto keep = [](std::string& at, std::string value) {
    if (at.empty()) {
      at = std::move(value);
    }
  };
  if (named("Message-ID")) {
    keep(message.message_id, read_id(field.value));
  } else if (named("X-Postrider-Id")) {
    keep(message.own_id, read_id(field.value));
  } else if (named("Return-Path")) {
    keep(message.return_path, first_address(field.value));
  } else if (named("From")) {
    keep(message.from, first_address(field.value));
  } else if (named("Subject")) {
    keep(message.subject, decode_words(field.value.substr(0, 2000)));
  } else if (named("Feedback-ID")) {
    keep(message.feedback_id, std::string(trim(field.value)));
  } else if (named("X-HmXmrOriginalRecipient")) {
    keep(message.reported_to, first_address(field.value));
  } else if (named("To") || named("Cc")) {
    for (const FoundAddress& address : find_addresses(field.value, kToMost)) {
      if (message.to.size() < kToMost) {
        message.to.emplace_back(address.text);
      }
    }
  }
}

}  // namespace

ReturnedMessage read_returned(std::string_view text) {
  text = text.substr(0, kHeadMost);
  const std::string_view margin = margin_of(text);
  std::string plain;
  if (!margin.empty()) {
    plain = without_margin(text.substr(0, kQuotedMost), margin);
    text = plain;
  }
  ReturnedMessage message;
  for (const MimeField& field : read_head(text, true).fields) {
    put(message, field);
  }
  return message;
}

}  // namespace postrider::bounce
