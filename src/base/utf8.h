// UTF-8, looked at a sequence at a time. RFC 3629: no overlong forms, no surrogates, nothing above
// U+10FFFF. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace postrider {

/// Length of the sequence at the start of `text`, which is not empty; 0 if there is none.
constexpr std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4 || text.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const unsigned char second = at(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool above = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || above ? 0 : length;
}

}  // namespace postrider
