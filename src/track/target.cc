#include "track/target.h"

#include <algorithm>
#include <idn2.h>
#include <memory>
#include <vector>

#include "base/hex_digit.h"
#include "base/text.h"
#include "mail/address.h"
#include "track/target_length.h"

namespace postrider::track {
namespace {

// Browsers encode more of a path; they do so of a Location's, too. These could end a field's URL.
constexpr std::string_view kCoded = "\"<>";

/// Without outer spaces and controls, without tabs and line ends.
std::string without_noise(std::string_view value) {
  const auto is_outer = [](char c) { return c >= '\0' && c <= ' '; };
  while (!value.empty() && is_outer(value.front())) {
    value.remove_prefix(1);
  }
  while (!value.empty() && is_outer(value.back())) {
    value.remove_suffix(1);
  }
  std::string out;
  out.reserve(value.size());
  std::ranges::copy_if(value, std::back_inserter(out),
                       [](char c) { return c != '\t' && c != '\n' && c != '\r'; });
  return out;
}

/// What a browser takes (URL standard, 3.5: no forbidden code point), but for the marks of template
/// languages that begin a name there.
bool is_host_char(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("-._~!&'()*+,;=").find(c) != std::string::npos;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const auto high = i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    if (!high || !low) {
      return std::nullopt;
    }
    out.push_back(static_cast<char>(*high * 16 + *low));
    i += 2;
  }
  return out;
}

bool is_ipv6(std::string_view host) {
  return host.size() > 3 && host.front() == '[' && host.back() == ']' &&
         std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
           return hex_digit(c).has_value() || c == ':' || c == '.';
         });
}

/// Names that browsers open and IDNA 2008 forbids, such as emoji: UTS 46 alone, which differs from
/// that only in letters of which there is none here.
std::optional<std::string> read_forbidden_name(const std::string& text) {
  for (const std::string_view deviating :
       {"\xC3\x9F", "\xCF\x82", "\xE2\x80\x8C", "\xE2\x80\x8D"}) {
    if (text.find(deviating) != std::string::npos) {
      return std::nullopt;
    }
  }
  std::uint8_t* found = nullptr;
  const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(text.c_str()), &found,
                                    IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
  const std::unique_ptr<std::uint8_t, decltype(&idn2_free)> owner(found, &idn2_free);
  if (status != IDN2_OK) {
    return std::nullopt;
  }
  std::string host(reinterpret_cast<const char*>(found));
  return std::ranges::all_of(host, is_host_char) ? std::optional(std::move(host)) : std::nullopt;
}

std::optional<std::string> read_international(const std::string& text) {
  if (!is_utf8(text) || text.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  auto domain = mail::parse_domain(text);
  auto host = domain ? std::optional(*std::move(domain)) : read_forbidden_name(text);
  if (host && text.ends_with('.') && !host->ends_with('.')) {
    host->push_back('.');  // the name in full
  }
  return host;
}

std::optional<std::string> read_host(std::string_view text) {
  if (is_ipv6(text)) {
    return lower(text);
  }
  const auto decoded = percent_decode(text);
  if (!decoded || decoded->empty()) {
    return std::nullopt;
  }
  if (is_ascii(*decoded)) {
    const bool fits = decoded->size() <= 254 && decoded->front() != '.' &&
                      std::ranges::all_of(*decoded, is_host_char);
    return fits ? std::optional(lower(*decoded)) : std::nullopt;
  }
  return read_international(*decoded);
}

bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  for (const char c : text) {
    if (!is_digit(c) || port > 65535) {
      return false;
    }
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return port <= 65535;
}

/// What stands between "//" and the path.
bool read_authority(std::string_view text, Target& target) {
  const std::string_view usual_port = target.url == "https://" ? ":443" : ":80";
  const auto at = text.rfind('@');
  if (at != std::string_view::npos) {
    target.has_user = true;
    append_percent(target.url, text.substr(0, at), "\"<>`{}|^[]\\@;");
    target.url.push_back('@');
    text.remove_prefix(at + 1);
  }
  const auto bracket = text.rfind(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view port =
      colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  auto host = read_host(text.substr(0, colon));
  if (!host || !is_port(port.substr(port.empty() ? 0 : 1))) {
    return false;
  }
  target.host = *std::move(host);
  target.url += target.host;
  target.url += port.size() > 1 && port != usual_port ? port : "";
  return true;
}

void append_path(std::string& url, std::string_view path) {
  std::string slashes(path);
  std::ranges::replace(slashes, '\\', '/');
  append_percent(url, slashes, kCoded);
}

/// Of any length.
std::optional<Target> read_any_target(std::string_view value, const Charset& charset) {
  const std::string text = without_noise(value);
  const bool is_https = starts_with_ignoring_case(text, "https://");
  if (!is_https && !starts_with_ignoring_case(text, "http://")) {
    return std::nullopt;
  }
  std::string_view rest = std::string_view(text).substr(is_https ? 8 : 7);
  const std::size_t authority = std::min(rest.find_first_of("/\\?#"), rest.size());
  Target target{.url = is_https ? "https://" : "http://", .host = {}, .has_user = false};
  if (rest.empty()) {
    return target;
  }
  if (authority == 0 || !read_authority(rest.substr(0, authority), target)) {
    return std::nullopt;
  }
  rest.remove_prefix(authority);
  const std::size_t hash = std::min(rest.find('#'), rest.size());
  const std::size_t question = std::min(rest.find('?'), hash);
  append_path(target.url, rest.substr(0, question));
  if (question < hash) {
    target.url.push_back('?');
    target.url += charset.encode_query(rest.substr(question + 1, hash - question - 1));
  }
  if (hash < rest.size()) {
    target.url.push_back('#');
    append_percent(target.url, rest.substr(hash + 1), kCoded);
  }
  return target;
}

}  // namespace

std::optional<Target> read_target(std::string_view value, const Charset& charset) {
  auto target = read_any_target(value, charset);
  return target && target->url.size() > kLongestTarget ? std::nullopt : std::move(target);
}

bool leads_too_far(std::string_view value, const Charset& charset) {
  constexpr std::size_t kGrowth = 12;  // of one byte, at most: "%26%23233%3B" for a letter
  return value.size() > kLongestTarget / kGrowth && read_any_target(value, charset);
}

std::optional<NotrackMark> find_notrack(std::string_view value) {
  constexpr std::string_view kMark = "+notrack";
  std::size_t at = 0;
  while (at < value.size() && value[at] >= '\0' && value[at] <= ' ') {
    ++at;
  }
  for (const std::string_view scheme : {"https", "http"}) {
    const std::string_view rest = value.substr(at);
    if (starts_with_ignoring_case(rest, scheme) &&
        starts_with_ignoring_case(rest.substr(scheme.size()), "+notrack://")) {
      return NotrackMark{.at = at + scheme.size(), .size = kMark.size()};
    }
  }
  return std::nullopt;
}

}  // namespace postrider::track
