#include "base/pattern.h"

namespace postrider {

Result<std::string> parse_pattern(std::string_view text) {
  std::string pattern = lower(text);
  const std::string_view name =
      pattern.starts_with("*.") ? std::string_view(pattern).substr(2) : std::string_view(pattern);
  const bool good =
      pattern == "*" || (!name.empty() && !name.starts_with('.') && !name.ends_with('.') &&
                         name.find_first_of("* /:@\t") == std::string_view::npos);
  if (!good) {
    return fail(Errc::invalid,
                "'" + printable(text, 60) +
                    "' is not a domain pattern: write \"example.com\" for the domain "
                    "itself, \"*.example.com\" for what lies below, \"*\" for all");
  }
  return pattern;
}

}  // namespace postrider
