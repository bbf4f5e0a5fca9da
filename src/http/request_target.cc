#include "http/request_target.h"

#include <charconv>

#include "base/text.h"

namespace postrider::http {
namespace {

std::unexpected<Error> broken(std::string_view text) {
  return fail(Errc::invalid, "the request target '" + printable(text, 100) + "' is malformed");
}

Result<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
      continue;
    }
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || ec != std::errc() || end != digits.data() + 2) {
      return broken(text);
    }
    out.push_back(static_cast<char>(value));
    i += 2;
  }
  return out;
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  if (!text.starts_with('/')) {
    return broken(text);
  }
  Target target;
  const std::size_t mark = text.find('?');
  const std::string_view path = text.substr(0, mark);
  TRY(target.path, decode(path, false));
  for (const std::string_view segment : split(path.substr(1), '/')) {
    TRY(std::string decoded, decode(segment, false));
    target.segments.push_back(std::move(decoded));
  }
  if (mark == std::string_view::npos) {
    return target;
  }
  for (const std::string_view pair : split(text.substr(mark + 1), '&')) {
    if (pair.empty()) {
      continue;
    }
    const std::size_t equals = pair.find('=');
    TRY(std::string name, decode(pair.substr(0, equals), true));
    TRY(std::string value,
        decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true));
    target.query.insert_or_assign(std::move(name), std::move(value));
  }
  return target;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_alpha(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
  return out;
}

}  // namespace postrider::http
