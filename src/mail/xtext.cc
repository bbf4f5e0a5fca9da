#include <optional>

#include "base/hex_digit.h"
#include "base/text.h"
#include "mail/address.h"

namespace postrider::mail {
namespace {

bool is_xchar(char c) {
  return c >= '!' && c <= '~' && c != '+' && c != '=';
}

}  // namespace

std::string encode_xtext(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_xchar(c)) {
      out.push_back(c);
    } else {
      const auto value = static_cast<unsigned char>(c);
      out.push_back('+');
      out.push_back(kDigits[value >> 4]);
      out.push_back(kDigits[value & 15]);
    }
  }
  return out;
}

Result<std::string> decode_xtext(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_xchar(text[i])) {
      out.push_back(text[i]);
      continue;
    }
    // RFC 3461 asks for capital letters; lower case is clear enough.
    const auto high = text[i] == '+' && i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (!low) {
      return fail(Errc::invalid, "'" + printable(text, 80) + "' is not xtext");
    }
    out.push_back(static_cast<char>(*high << 4 | *low));
    i += 2;
  }
  return out;
}

}  // namespace postrider::mail
