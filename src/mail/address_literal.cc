#include "mail/address_literal.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text.h"

namespace postrider::mail {
namespace {

// Not inet_pton: Snum may have leading zeros and is decimal all the same.
std::optional<std::string> canonical_v4(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) {
    return std::nullopt;
  }
  std::string out;
  for (const std::string_view part : parts) {
    std::uint8_t value = 0;
    const auto [end, ec] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (ec != std::errc() || end != part.data() + part.size() || part.size() > 3) {
      return std::nullopt;
    }
    out += (out.empty() ? "" : ".") + std::to_string(value);
  }
  return out;
}

std::optional<std::string> canonical_v6(std::string_view text) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> written{};
  // A zero byte would end the C string early and hide what follows it.
  if (text.find('\0') != std::string_view::npos ||
      inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1 ||
      inet_ntop(AF_INET6, &address, written.data(), written.size()) == nullptr) {
    return std::nullopt;
  }
  return written.data();
}

}  // namespace

Result<std::string> parse_literal(std::string_view text) {
  constexpr std::string_view kTag = "IPv6:";
  if (text.size() < 2 || !text.starts_with('[') || !text.ends_with(']')) {
    return fail(Errc::invalid, "the address literal has no closing bracket");
  }
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (starts_with_ignoring_case(inside, kTag)) {
    if (const auto address = canonical_v6(inside.substr(kTag.size()))) {
      return "[" + std::string(kTag) + *address + "]";
    }
  } else if (const auto address = canonical_v4(inside)) {
    return "[" + *address + "]";
  }
  return fail(Errc::invalid, "'" + printable(text, 80) +
                                 "' holds no IP address: write [192.0.2.1] " +
                                 "or [IPv6:2001:db8::1]");
}

}  // namespace postrider::mail
