// The value of one hexadecimal digit, for the encodings that escape bytes by two of them. Pure.
#pragma once

#include <optional>

#include "base/text.h"

namespace postrider {

/// Either case; nothing if it is no digit.
constexpr std::optional<unsigned> hex_digit(char c) {
  if (is_digit(c)) {
    return static_cast<unsigned>(c - '0');
  }
  const char small = to_lower(c);
  return small >= 'a' && small <= 'f' ? std::optional(static_cast<unsigned>(small - 'a' + 10))
                                      : std::nullopt;
}

}  // namespace postrider
