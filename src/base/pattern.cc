#include "base/pattern.h"

#include <algorithm>

namespace postrider {
namespace {

/// Names are compared as they reach DNS: one beyond ASCII would never match.
bool is_name_char(char c) {
  constexpr std::string_view kForbidden = "*/:@";
  return c > ' ' && c < '\x7F' && kForbidden.find(c) == std::string_view::npos;
}

bool is_name(std::string_view text) {
  return !text.empty() && !text.starts_with('.') && !text.ends_with('.') &&
         text.find("..") == std::string_view::npos && std::ranges::all_of(text, is_name_char);
}

}  // namespace

Result<std::string> parse_pattern(std::string_view text) {
  std::string pattern = lower(text);
  const std::string_view name =
      pattern.starts_with("*.") ? std::string_view(pattern).substr(2) : std::string_view(pattern);
  const bool good = pattern == "*" || is_name(name);
  if (!good) {
    return fail(Errc::invalid,
                "'" + printable(text, 60) +
                    "' is not a domain pattern: write \"example.com\" for the domain "
                    "itself, \"*.example.com\" for what lies below, \"*\" for all "
                    "(international names as in DNS: xn--...)");
  }
  return pattern;
}

}  // namespace postrider
