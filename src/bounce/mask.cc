#include "bounce/mask.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::bounce {
namespace {

constexpr std::string_view kAround = "<>()[]{}\"'`,;!?.:=|";

bool has(std::string_view word, bool (*is)(char)) {
  return std::ranges::any_of(word, is);
}

bool is_number(std::string_view word) {
  return std::ranges::all_of(
      word, [](char c) { return is_digit(c) || std::string_view(".,:-/+%").contains(c); });
}

bool is_ip(std::string_view word) {
  if (std::ranges::count(word, '.') == 3 && is_number(word)) {
    return true;
  }
  return std::ranges::count(word, ':') >= 2 && std::ranges::all_of(word, [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
         });
}

/// Labels and dots only, and the last label is a name.
bool is_host(std::string_view word) {
  const auto dot = word.rfind('.');
  return dot != std::string_view::npos && dot > 0 && word.size() - dot > 2 &&
         std::ranges::all_of(word.substr(dot + 1), is_alpha) &&
         std::ranges::all_of(word, [](char c) {
           return is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
         });
}

/// Long and without a vowel pattern worth reading: hexadecimal digits, or letters amid digits.
bool is_id(std::string_view word) {
  return has(word, is_digit) && (has(word, is_alpha) || word.contains('_'));
}

std::string_view name_of(std::string_view word) {
  if (word.contains("://") || word.starts_with("www.")) {
    return "URL";
  }
  if (word.contains('@')) {
    return "ADDRESS";
  }
  if (is_ip(word)) {
    return "IP";
  }
  if (has(word, is_digit) && is_number(word)) {
    return "N";
  }
  if (is_host(word)) {
    return "HOST";
  }
  return is_id(word) ? "ID" : std::string_view();
}

void append_word(std::string& out, std::string_view word) {
  const auto begin = std::min(word.find_first_not_of(kAround), word.size());
  const auto end = begin == word.size() ? begin : word.find_last_not_of(kAround) + 1;
  const std::string_view inner = word.substr(begin, end - begin);
  const std::string_view name = name_of(inner);
  out += word.substr(0, begin);
  out += name.empty() ? inner : name;
  out += word.substr(end);
}

}  // namespace

std::string mask(std::string_view normal) {
  std::string out;
  while (!normal.empty()) {
    const auto space = std::min(normal.find(' '), normal.size());
    append_word(out, normal.substr(0, space));
    normal.remove_prefix(std::min(space + 1, normal.size()));
    if (!normal.empty()) {
      out.push_back(' ');
    }
  }
  return out;
}

}  // namespace postrider::bounce
