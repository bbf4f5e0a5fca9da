#include <algorithm>
#include <idn2.h>
#include <memory>

#include "base/text.h"
#include "mail/address.h"

namespace postrider::mail {
namespace {

constexpr std::size_t kLongestDomain = 253;
constexpr std::size_t kLongestLabel = 63;
// A U-label takes up to 4 bytes a character: what is longer than this can't become a domain.
constexpr std::size_t kLongestUnicode = 4 * kLongestDomain;

bool is_label_char(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
}

std::unexpected<Error> complain(std::string_view domain, const std::string& why) {
  return fail(Errc::invalid, "'" + printable(domain, 80) + "' is not a domain: " + why);
}

Result<> check_label(std::string_view domain, std::string_view label) {
  if (label.empty()) {
    return complain(domain, "it has an empty label");
  }
  if (label.size() > kLongestLabel) {
    return complain(domain, "a label is longer than 63 bytes");
  }
  if (!std::ranges::all_of(label, is_label_char)) {
    return complain(domain, "only letters, digits, hyphens and dots may stand in it");
  }
  if (label.starts_with('-') || label.ends_with('-')) {
    return complain(domain, "a label begins or ends with a hyphen");
  }
  return {};
}

Result<std::string> check_ascii(std::string_view text) {
  if (text.size() > kLongestDomain) {
    return complain(text, "it is longer than 253 bytes");
  }
  std::string_view rest = text;
  while (true) {
    const auto dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    TRY_VOID(check_label(text, label));
    if (dot == std::string_view::npos) {
      // RFC 3696, 2. "ann@192.0.2.1" would otherwise be a domain that no DNS has.
      if (std::ranges::all_of(label, is_digit)) {
        return complain(text, "its last label is a number (an IP address stands in brackets)");
      }
      return lower(text);
    }
    rest.remove_prefix(dot + 1);
  }
}

/// Mapped and checked by UTS 46, non-transitional: one label each for "ß" and "ss".
Result<std::string> to_a_labels(std::string_view text) {
  if (text.size() > kLongestUnicode || !is_printable(text)) {
    return complain(text, "it is not readable UTF-8");
  }
  std::uint8_t* found = nullptr;
  const std::string zero_terminated(text);
  const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(zero_terminated.c_str()),
                                    &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<std::uint8_t, decltype(&idn2_free)> owner(found, &idn2_free);
  if (status != IDN2_OK) {
    return complain(text, idn2_strerror(status));
  }
  return reinterpret_cast<const char*>(found);
}

}  // namespace

Result<std::string> parse_domain(std::string_view text) {
  if (text.ends_with('.')) {
    text.remove_suffix(1);
  }
  // ASCII is not shown to libidn2, not even "xn--": names that IDNA 2008 forbids (emoji) exist in
  // DNS.
  if (is_ascii(text)) {
    return check_ascii(text);
  }
  TRY(const std::string labels, to_a_labels(text));
  // The mapping can bring forth what ASCII would not let through, such as U+FF20 giving '@'.
  return check_ascii(labels);
}

}  // namespace postrider::mail
