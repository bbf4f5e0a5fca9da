#include "dns/wire.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::dns {
namespace {

constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kHeaderBytes = 12;
constexpr std::uint16_t kTypeCname = 5;

std::uint8_t byte_at(std::string_view data, std::size_t at) {
  return static_cast<std::uint8_t>(data[at]);
}

std::uint16_t u16_at(std::string_view data, std::size_t at) {
  return static_cast<std::uint16_t>((byte_at(data, at) << 8) | byte_at(data, at + 1));
}

/// Letters, digits, '-' and '_': nothing that means something in the name of a site or in a list.
bool is_plain_label(std::string_view label) {
  return std::ranges::all_of(label, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

/// Where the name at `at`, compressed or not, ends; nothing if the message does before.
std::optional<std::size_t> skip_name(std::string_view message, std::size_t at) {
  while (at < message.size()) {
    const std::uint8_t length = byte_at(message, at);
    if (length == 0) {
      return at + 1;
    }
    if (length > kLongestLabel) {
      return at + 2;  // a pointer ends the name
    }
    at += 1 + length;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> read_name(std::string_view data) {
  std::string name;
  while (!data.empty()) {
    const std::size_t length = byte_at(data, 0);
    data.remove_prefix(1);
    if (length == 0) {
      return data.empty() ? std::optional(name) : std::nullopt;
    }
    if (length > kLongestLabel || length > data.size() || !is_plain_label(data.substr(0, length))) {
      return std::nullopt;
    }
    if (!name.empty()) {
      name += '.';
    }
    name += lower(data.substr(0, length));
    data.remove_prefix(length);
  }
  return std::nullopt;
}

std::optional<Mx> read_mx(std::string_view data) {
  if (data.size() < 3) {
    return std::nullopt;
  }
  std::optional<std::string> host = read_name(data.substr(2));
  if (!host) {
    return std::nullopt;
  }
  return Mx{.preference = u16_at(data, 0), .host = *std::move(host)};
}

std::optional<std::string> read_txt(std::string_view data) {
  std::string text;
  while (!data.empty()) {
    const std::size_t length = byte_at(data, 0);
    if (length >= data.size()) {
      return std::nullopt;
    }
    text += data.substr(1, length);
    data.remove_prefix(1 + length);
  }
  return text;
}

std::size_t count_cnames(std::string_view message) {
  if (message.size() < kHeaderBytes) {
    return 0;
  }
  std::optional<std::size_t> at = kHeaderBytes;
  for (std::size_t question = u16_at(message, 4); question > 0 && at; --question) {
    at = skip_name(message, *at);
    at = at ? std::optional(*at + 4) : at;
  }
  std::size_t found = 0;
  for (std::size_t answer = u16_at(message, 6); answer > 0 && at; --answer) {
    at = skip_name(message, *at);
    if (!at || *at + 10 > message.size()) {
      break;
    }
    found += u16_at(message, *at) == kTypeCname ? 1 : 0;
    at = *at + 10 + u16_at(message, *at + 8);
  }
  return found;
}

}  // namespace postrider::dns
