#include "track/attribute_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"
#include "track/entity_table.h"

namespace postrider::track {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;
constexpr std::size_t kLongestName = 31;

bool is_alnum(char c) {
  return is_alpha(c) || is_digit(c);
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

/// 13.2.5.80: numbers of the C1 controls mean windows-1252.
std::uint32_t character_of(std::uint32_t number) {
  constexpr std::array<std::uint16_t, 32> kWindows{
      0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
      0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  if (number >= 0x80 && number < 0xA0) {
    return kWindows[number - 0x80];
  }
  const bool is_surrogate = number >= 0xD800 && number < 0xE000;
  return number == 0 || is_surrogate || number > 0x10FFFF ? kReplacement : number;
}

int digit_value(char c, bool is_hex) {
  if (is_digit(c)) {
    return c - '0';
  }
  const char letter = to_lower(c);
  return is_hex && letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// `text` begins with "&#". How much of it was a reference; 0 if none.
std::size_t take_number(std::string_view text, std::string& out) {
  constexpr std::uint32_t kTooBig = 0x110000;
  const bool is_hex = text.size() > 2 && to_lower(text[2]) == 'x';
  const std::size_t first = is_hex ? 3 : 2;
  std::size_t at = first;
  std::uint32_t number = 0;
  for (; at < text.size(); ++at) {
    const int digit = digit_value(text[at], is_hex);
    if (digit < 0) {
      break;
    }
    const std::uint32_t base = is_hex ? 16 : 10;
    number = std::min(number * base + static_cast<std::uint32_t>(digit), kTooBig);
  }
  if (at == first) {
    return 0;
  }
  append_utf8(out, character_of(number));
  return text.substr(at).starts_with(';') ? at + 1 : at;
}

/// The same for "&" and a name. A name that is the start of a longer word is none: a letter
/// follows.
std::size_t take_name(std::string_view text, std::string& out) {
  std::size_t end = 1;
  while (end < text.size() && end <= kLongestName && is_alnum(text[end])) {
    ++end;
  }
  const std::string_view name = text.substr(1, end - 1);
  const char next = end < text.size() ? text[end] : '\0';
  const auto table = named_entities();
  const auto found = std::ranges::lower_bound(table, name, {}, &NamedEntity::name);
  if (name.empty() || found == table.end() || found->name != name ||
      (next != ';' && (next == '=' || is_alnum(next) || !found->may_lack_semicolon))) {
    return 0;
  }
  out += found->text;
  return next == ';' ? end + 1 : end;
}

}  // namespace

std::string decode_attribute(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  while (!value.empty()) {
    const std::size_t plain = std::min(value.find('&'), value.size());
    out += value.substr(0, plain);
    value.remove_prefix(plain);
    if (value.empty()) {
      break;
    }
    std::size_t taken =
        value.substr(1).starts_with('#') ? take_number(value, out) : take_name(value, out);
    if (taken == 0) {
      out.push_back('&');
      taken = 1;
    }
    value.remove_prefix(taken);
  }
  return out;
}

}  // namespace postrider::track
