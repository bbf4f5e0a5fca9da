#include "mail/media_type.h"

#include <optional>

#include "base/text.h"
#include "mail/quoted_string.h"

namespace postrider::mail {
namespace {

bool is_token_char(char c) {
  constexpr std::string_view kSpecials = "()<>@,;:\\\"/[]?=";
  return c > ' ' && c < '\x7F' && kSpecials.find(c) == std::string_view::npos;
}

bool is_value_char(char c) {
  return c > ' ' && c < '\x7F' && std::string_view(";\"(").find(c) == std::string_view::npos;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() {
    skip_white();
    return rest_.empty();
  }

  bool skip(char c) {
    skip_white();
    const bool found = rest_.starts_with(c);
    rest_.remove_prefix(found ? 1 : 0);
    return found;
  }

  std::string_view token() { return take_while(is_token_char); }

  /// A token or a quoted string; nothing where neither stands or the quotes stay open. Boundaries
  /// with "=", ":" or "/" stand without quotes in much mail, and readers take them whole.
  std::optional<std::string> value() {
    if (!skip('"')) {
      const std::string_view taken = take_while(is_value_char);
      return taken.empty() ? std::nullopt : std::optional<std::string>(taken);
    }
    return take_quoted(rest_);
  }

  /// As far as the next semicolon: what is behind it may be readable again.
  void skip_parameter() { rest_.remove_prefix(std::min(rest_.find(';'), rest_.size())); }

 private:
  std::string_view take_while(bool (*is_wanted)(char)) {
    skip_white();
    std::size_t size = 0;
    while (size < rest_.size() && is_wanted(rest_[size])) {
      ++size;
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  void skip_white() {
    while (!rest_.empty()) {
      if (rest_.front() == '(') {
        skip_comment();
      } else if (std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos) {
        rest_.remove_prefix(1);
      } else {
        return;
      }
    }
  }

  void skip_comment() {
    std::size_t depth = 0;
    std::size_t i = 0;
    for (; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '(') {
        ++depth;
      } else if (rest_[i] == ')' && --depth == 0) {
        break;
      }
    }
    rest_.remove_prefix(std::min(i + 1, rest_.size()));
  }

  std::string_view rest_;
};

}  // namespace

Result<MediaType> parse_media_type(std::string_view value) {
  Scanner scanner(value);
  MediaType media{.type = lower(scanner.token()), .subtype = {}, .boundary = {}, .charset = {}};
  if (scanner.skip('/')) {
    media.subtype = lower(scanner.token());
  }
  if (media.type.empty() || media.subtype.empty()) {
    return fail(Errc::invalid, "'" + printable(trim(value), 80) + "' is not a content type");
  }
  while (!scanner.at_end()) {
    scanner.skip_parameter();
    if (!scanner.skip(';')) {
      break;
    }
    const std::string name = lower(scanner.token());
    const auto found = scanner.skip('=') ? scanner.value() : std::nullopt;
    if (name == "charset" && found && media.charset.empty()) {
      media.charset = *found;
    }
    if (name != "boundary" || !found) {
      continue;
    }
    if (!media.boundary.empty()) {
      return fail(Errc::invalid, "the content type has two boundaries");
    }
    media.boundary = *found;
  }
  return media;
}

}  // namespace postrider::mail
