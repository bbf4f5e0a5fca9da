#include "bounce/find_addresses.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::bounce {
namespace {

constexpr std::size_t kLongestLocal = 255;  // VERP and SRS go beyond RFC 5321's 64

bool is_local_char(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}
bool is_domain_char(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
}

/// RFC 6532: a local part in another script, if a blank or bracket parts it from what is in front.
std::size_t international_begin(std::string_view text, std::size_t lowest, std::size_t at) {
  std::size_t begin = at;
  while (begin > lowest &&
         (static_cast<unsigned char>(text[begin - 1]) >= 0x80 || is_local_char(text[begin - 1]))) {
    --begin;
  }
  const bool is_parted =
      begin == 0 || std::string_view(" \t<\"\n").find(text[begin - 1]) != std::string_view::npos;
  return is_parted ? begin : at;
}

/// Letters of the Latin script beyond ASCII (U+00C0 to U+02AF), which do part words.
bool ends_in_latin(std::string_view text) {
  const auto byte = [&](std::size_t from_end) {
    return static_cast<unsigned char>(text[text.size() - from_end]);
  };
  return text.size() >= 2 && byte(1) >= 0x80 && byte(1) < 0xC0 && byte(2) >= 0xC3 &&
         byte(2) <= 0xCA;
}

/// Where the local part that ends at `at` begins; `at` if there is none.
std::size_t local_begin(std::string_view text, std::size_t from, std::size_t at) {
  const std::size_t lowest = std::max(from, at > kLongestLocal ? at - kLongestLocal : 0);
  std::size_t begin = at;
  if (at > lowest + 1 && text[at - 1] == '"') {
    const auto open = text.substr(lowest, at - 1 - lowest).rfind('"');
    return open == std::string_view::npos ? at : lowest + open;
  }
  while (begin > lowest) {
    if (is_local_char(text[begin - 1])) {
      --begin;
    } else if (ends_in_latin(text.substr(lowest, begin - lowest))) {
      begin -= 2;
    } else {
      break;
    }
  }
  if (begin == at) {
    return international_begin(text, lowest, at);
  }
  // Quotation marks and punctuation around an address are not part of it.
  while (begin < at && std::string_view("'`.*=/|?").find(text[begin]) != std::string_view::npos) {
    if (text.substr(begin).starts_with("=?")) {
      break;  // an encoded word where none may be: kept as it stands
    }
    ++begin;
  }
  return begin;
}

std::size_t domain_end(std::string_view text, std::size_t begin) {
  if (begin < text.size() && text[begin] == '[') {
    const auto close = text.substr(0, begin + 50).find(']', begin);
    return close == std::string_view::npos ? begin : close + 1;
  }
  std::size_t end = begin;
  while (end < text.size() && end - begin < 254 && is_domain_char(text[end])) {
    ++end;
  }
  while (end > begin && !is_alpha(text[end - 1]) && !is_digit(text[end - 1])) {
    --end;
  }
  const std::string_view domain = text.substr(begin, end - begin);
  const auto dot = domain.find('.');
  return dot == std::string_view::npos || dot == 0 ? begin : end;
}

}  // namespace

std::vector<FoundAddress> find_addresses(std::string_view text, std::size_t most) {
  std::vector<FoundAddress> found;
  std::size_t from = 0;
  for (std::size_t at = text.find('@'); at != std::string_view::npos && found.size() < most;
       at = text.find('@', at + 1)) {
    const std::size_t begin = local_begin(text, from, at);
    const std::size_t end = domain_end(text, at + 1);
    if (begin < at && end > at + 1) {
      found.push_back({.text = text.substr(begin, end - begin), .offset = begin});
      from = end;
    }
  }
  return found;
}

}  // namespace postrider::bounce
