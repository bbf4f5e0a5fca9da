#include "privacy/encoded_forms.h"

#include <algorithm>
#include <idn2.h>
#include <memory>
#include <optional>

#include "base/hex_digit.h"
#include "base/text.h"
#include "bounce/normal_form.h"

namespace postrider::privacy {
namespace {

constexpr std::size_t kShortestRun = 8;  // of base64: "a@b.cc" is 8 letters

/// Of `mark` and two digits; `soft_ends`: the mark in front of a line's end takes that away.
std::string decode_digits(std::string_view text, char mark, bool soft_ends) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == mark && i + 2 < text.size() && hex_digit(text[i + 1]) &&
        hex_digit(text[i + 2])) {
      decoded.push_back(static_cast<char>(*hex_digit(text[i + 1]) * 16 + *hex_digit(text[i + 2])));
      i += 2;
    } else if (soft_ends && text[i] == mark && text.substr(i + 1).starts_with("\r\n")) {
      i += 2;
    } else if (soft_ends && text[i] == mark && text.substr(i + 1).starts_with("\n")) {
      i += 1;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (is_digit(c)) {
    return c - '0' + 52;
  }
  if (c == '+' || c == '-') {
    return 62;
  }
  return c == '/' || c == '_' ? 63 : -1;
}

std::string decode_run(std::string_view letters) {
  std::string bytes;
  unsigned bits = 0;
  int have = 0;
  for (const char c : letters) {
    bits = bits << 6 | static_cast<unsigned>(value_of(c));
    have += 6;
    if (have >= 8) {
      have -= 8;
      bytes.push_back(static_cast<char>(bits >> have & 0xff));
    }
  }
  return bytes;
}

/// A character that a text names by its number, and how long that name is.
struct Named {
  char32_t character = 0;
  std::size_t size = 0;
};

std::optional<Named> number_at(std::string_view text, std::size_t at, unsigned base,
                               std::size_t digits_max) {
  Named named;
  for (; named.size < digits_max && at + named.size < text.size(); ++named.size) {
    const auto digit = hex_digit(text[at + named.size]);
    if (!digit || *digit >= base) {
      break;
    }
    named.character = named.character * base + *digit;
  }
  return named.size == 0 ? std::nullopt : std::optional(named);
}

/// RFC 8259, 7: four digits behind a backslash and "u". (A pair of two says nothing here: what lies
/// beyond the first plane stands in no address that we have seen.)
std::optional<Named> json_escape_at(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("\\u")) {
    return std::nullopt;
  }
  const auto number = number_at(text, at + 2, 16, 4);
  return number && number->size == 4 ? std::optional(Named{number->character, 6}) : std::nullopt;
}

/// HTML, 13.5: by number, with or without the semicolon, and the one name that matters.
std::optional<Named> reference_at(std::string_view text, std::size_t at) {
  static constexpr std::string_view kAt = "&commat;";
  const std::string_view rest = text.substr(at);
  if (rest.starts_with(kAt)) {
    return Named{U'@', kAt.size()};
  }
  if (!rest.starts_with("&#")) {
    return std::nullopt;
  }
  const bool is_hex = rest.size() > 2 && to_lower(rest[2]) == 'x';
  const std::size_t head = is_hex ? 3 : 2;
  auto number = number_at(text, at + head, is_hex ? 16 : 10, 7);
  if (!number) {
    return std::nullopt;
  }
  number->size += head;
  number->size += at + number->size < text.size() && text[at + number->size] == ';' ? 1 : 0;
  return number;
}

std::string decode_names(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size();) {
    const auto named = text[i] == '\\'  ? json_escape_at(text, i)
                       : text[i] == '&' ? reference_at(text, i)
                                        : std::nullopt;
    if (named && named->character > 0 && named->character < 0xD800) {
      bounce::append_utf8(decoded, named->character);
      i += named->size;
    } else {
      decoded.push_back(text[i++]);
    }
  }
  return decoded;
}

/// Runs over line ends, as bodies have them.
void add_runs(std::string_view text, std::vector<std::string>& decodings) {
  std::string run;
  const auto end_run = [&] {
    // What stands in front of it, such as the word "base64", may be letters too.
    for (std::size_t skipped = 0; skipped < 4 && run.size() >= kShortestRun + skipped; ++skipped) {
      decodings.push_back(decode_run(std::string_view(run).substr(skipped)));
    }
    run.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (value_of(text[i]) >= 0) {
      run.push_back(text[i]);
    } else if (text[i] != '\r' && text[i] != '\n') {
      end_run();
    }
  }
  end_run();
}

}  // namespace

std::vector<std::string> decodings_of(std::string_view text) {
  std::vector<std::string> decodings;
  if (text.contains('%')) {
    decodings.push_back(decode_digits(text, '%', false));
  }
  if (text.contains('=')) {
    decodings.push_back(decode_digits(text, '=', true));
  }
  if (text.contains("=?")) {  // "Q" of RFC 2047: an underscore is a space
    decodings.push_back(decode_digits(text, '=', false));
    std::ranges::replace(decodings.back(), '_', ' ');
  }
  if (text.contains("\\u") || text.contains("&#") || text.contains("&commat;")) {
    decodings.push_back(decode_names(text));
  }
  add_runs(text, decodings);
  return decodings;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_alpha(c) || is_digit(c) || std::string_view("-._~").contains(c)) {
      encoded.push_back(c);
    } else {
      encoded += "%" + hex(std::string_view(&c, 1));
    }
  }
  return encoded;
}

std::vector<std::string> spellings_of_domain(const std::string& domain) {
  std::vector<std::string> spellings{domain};
  char* found = nullptr;
  if (idn2_to_unicode_8z8z(domain.c_str(), &found, 0) == IDN2_OK) {
    const std::unique_ptr<char, decltype(&idn2_free)> owner(found, &idn2_free);
    if (std::string unicode(found); unicode != domain) {
      spellings.push_back(std::move(unicode));
    }
  }
  return spellings;
}

}  // namespace postrider::privacy
