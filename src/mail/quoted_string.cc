#include "mail/quoted_string.h"

namespace postrider::mail {

std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string text;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return text;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      ++i;
    } else if (rest[i] == '\r' || rest[i] == '\n') {
      continue;  // folded
    }
    text.push_back(rest[i]);
  }
  return std::nullopt;
}

}  // namespace postrider::mail
