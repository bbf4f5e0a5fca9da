#include "webhook/url.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/hex_digit.h"
#include "base/text.h"

namespace postrider::webhook {

namespace ip = boost::asio::ip;

namespace {

constexpr std::size_t kLongest = 2000;
constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestLabel = 63;

std::unexpected<Error> wrong(const std::string& why) {
  return fail(Errc::invalid, "the URL " + why);
}

/// RFC 3986, 2: what may stand in a URL. Backslashes, spaces and controls are what parsers differ
/// about; more than ASCII has to come encoded.
bool may_stand_in_a_url(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("-._~:/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

Result<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    const unsigned byte = high.value_or(0) * 16 + low.value_or(0);
    if (!high || !low || byte < ' ' || byte == 0x7f) {
      return wrong("has a user or password that is not encoded as RFC 3986 has it");
    }
    decoded.push_back(static_cast<char>(byte));
    i += 2;
  }
  return decoded;
}

/// Four decimal numbers without leading zeros, and nothing else.
std::optional<ip::address> plain_ipv4(std::string_view host) {
  const std::vector<std::string_view> parts = split(host, '.');
  ip::address_v4::bytes_type bytes{};
  if (parts.size() != bytes.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    if (part.empty() || part.size() > 3 || !std::ranges::all_of(part, is_digit) ||
        (part.size() > 1 && part.front() == '0')) {
      return std::nullopt;
    }
    unsigned number = 0;
    std::from_chars(part.data(), part.data() + part.size(), number);
    if (number > 255) {
      return std::nullopt;
    }
    bytes[i] = static_cast<unsigned char>(number);
  }
  return ip::address(ip::address_v4(bytes));
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, [](char c) {
           return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
         });
}

/// A name whose last label begins with a digit is, to one program or other, an address: decimal,
/// octal, hexadecimal, with three parts or with one.
bool is_name(std::string_view host) {
  const std::vector<std::string_view> labels = split(host, '.');
  return host.size() <= kLongestHost && std::ranges::all_of(labels, is_label) &&
         is_alpha(labels.back().front());
}

Result<> read_host(std::string_view text, Url& url) {
  if (text.starts_with('[')) {
    boost::system::error_code ec;
    const std::string inside(text.substr(1, text.size() - 2));
    const ip::address_v6 address = ip::make_address_v6(inside, ec);
    if (!text.ends_with(']') || ec || inside.find('%') != std::string::npos) {
      return wrong("has no IPv6 address in its brackets");
    }
    url.address = address;
    url.host = address.to_string();
    return {};
  }
  url.host = lower(text);
  url.address = plain_ipv4(text);
  if (!url.address && !is_name(text)) {
    return wrong(
        "has no host that everybody reads in the same way: write a name, an IPv4 address as four "
        "plain decimal numbers, or an IPv6 address in brackets");
  }
  return {};
}

Result<> read_port(std::string_view digits, Url& url) {
  unsigned port = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (ec != std::errc() || end != digits.data() + digits.size() || port == 0 || port > 65535 ||
      digits.front() == '0') {
    return wrong("has no port from 1 to 65535 behind its host");
  }
  url.port = static_cast<std::uint16_t>(port);
  return {};
}

Result<> read_authority(std::string_view text, Url& url) {
  const auto at = text.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view owner = text.substr(0, at);
    if (owner.find_first_of("@[]") != std::string_view::npos) {
      return wrong("has a user or password that is not encoded as RFC 3986 has it");
    }
    const auto colon = owner.find(':');
    TRY(url.user, decode(owner.substr(0, colon)));
    if (colon != std::string_view::npos) {
      TRY(url.password, decode(owner.substr(colon + 1)));
    }
    if (url.user.find(':') != std::string::npos) {
      return wrong("has a user with ':' in it, which basic authentication can't say");
    }
    text = text.substr(at + 1);
  }
  const auto bracket = text.rfind(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  TRY_VOID(read_host(text.substr(0, colon), url));
  url.port = url.is_https ? 443 : 80;
  if (colon != std::string_view::npos) {
    if (colon + 1 == text.size()) {
      return wrong("has no port from 1 to 65535 behind its host");
    }
    TRY_VOID(read_port(text.substr(colon + 1), url));
  }
  return {};
}

}  // namespace

std::string Url::host_header() const {
  std::string text = address && address->is_v6() ? "[" + host + "]" : host;
  if (port != (is_https ? 443 : 80)) {
    text += ":" + std::to_string(port);
  }
  return text;
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kLongest) {
    return wrong("is longer than " + std::to_string(kLongest) + " bytes");
  }
  if (!std::ranges::all_of(text, may_stand_in_a_url)) {
    return wrong("has a character that may not stand in one; encode it");
  }
  Url url;
  url.is_https = starts_with_ignoring_case(text, "https://");
  if (!url.is_https && !starts_with_ignoring_case(text, "http://")) {
    return wrong("begins with neither https:// nor http://");
  }
  if (text.find('#') != std::string_view::npos) {
    return wrong("has a fragment, which no server ever sees");
  }
  text.remove_prefix(url.is_https ? 8 : 7);
  const auto path = text.find_first_of("/?");
  TRY_VOID(read_authority(text.substr(0, path), url));
  url.target = path == std::string_view::npos ? "/" : std::string(text.substr(path));
  if (url.target.front() == '?') {
    url.target.insert(0, "/");
  }
  if (url.target.find_first_of("[]") != std::string::npos) {
    return wrong("has a bracket in its path or query; encode it");
  }
  return url;
}

std::string without_password(std::string_view url) {
  const auto begin = url.find("//");
  const auto end = url.find_first_of("/?", begin == std::string_view::npos ? 0 : begin + 2);
  const auto at = url.substr(0, end).rfind('@');
  if (begin == std::string_view::npos || at == std::string_view::npos) {
    return std::string(url);
  }
  const auto colon = url.find(':', begin);
  if (colon == std::string_view::npos || colon > at) {
    return std::string(url);
  }
  return std::string(url.substr(0, colon + 1)) + "***" + std::string(url.substr(at));
}

}  // namespace postrider::webhook
