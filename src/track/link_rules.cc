#include "track/link_rules.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "track/attribute_text.h"

namespace postrider::track {
namespace {

bool means_no(std::string_view value) {
  constexpr std::array<std::string_view, 4> kNo{"false", "0", "off", "no"};
  const std::string_view trimmed = trim(value);
  return std::ranges::any_of(kNo, [&](auto no) { return equal_ignoring_case(trimmed, no); });
}

struct OptOut {
  std::string_view attribute;
  bool by_presence;  ///< else by a value that means no
};
constexpr std::array<OptOut, 7> kOptOuts{{{"data-track", false},
                                          {"data-no-track", true},
                                          {"clicktracking", false},
                                          {"data-pm-no-track", true},
                                          {"ses:no-track", true},
                                          {"data-msys-clicktrack", false},
                                          {"autotrack", false}}};

bool has_word(std::string_view words, std::string_view wanted) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find_first_of(" \t\r\n\f"), words.size());
    if (words.substr(0, end) == wanted) {
      return true;
    }
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

bool is_signature(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames{"x-amz-signature",
                                                    "x-goog-signature",
                                                    "signature",
                                                    "sig",
                                                    "hmac",
                                                    "token",
                                                    "access_token",
                                                    "hash",
                                                    "sign",
                                                    "auth_token",
                                                    "hdnts",
                                                    "policy"};
  return std::ranges::any_of(kNames, [&](auto one) { return equal_ignoring_case(name, one); });
}

/// Splits "?a=1&b=2" (with or without the mark) into its names.
template <class Visit>
bool any_name(std::string_view query, Visit visit) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (visit(pair.substr(0, pair.find('=')))) {
      return true;
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

}  // namespace

Result<std::string> read_tracking_base(std::string_view text) {
  std::string url(trim(text));
  if (url.find("://") == std::string::npos) {
    url.insert(0, "https://");
  }
  while (url.ends_with('/')) {
    url.pop_back();
  }
  auto target = read_target(url, Charset::of("utf-8", {}));
  const auto is_plain = [](char c) {
    return is_alpha(c) || is_digit(c) || std::string_view("-._~:/[]").find(c) != std::string::npos;
  };
  if (!target || target->has_user || !std::ranges::all_of(target->url, is_plain)) {
    return fail(Errc::invalid, "'" + printable(text, 80) + "' is not the URL of a tracking host");
  }
  return std::move(target->url);
}

bool opts_out(const HtmlToken& tag) {
  for (const HtmlAttribute& attribute : tag.attributes) {
    for (const OptOut& one : kOptOuts) {
      if (attribute.name.size() == one.attribute.size() &&
          equal_ignoring_case(attribute.name, one.attribute) &&
          (one.by_presence || means_no(decode_attribute(attribute.value)))) {
        return true;
      }
    }
    if (attribute.name.size() == 5 && equal_ignoring_case(attribute.name, "class") &&
        has_word(attribute.value, "untracked")) {
      return true;
    }
  }
  return false;
}

bool shuts_region(const HtmlToken& tag) {
  const HtmlAttribute* attribute = tag.attribute("data-track");
  return attribute != nullptr && means_no(decode_attribute(attribute->value));
}

bool is_kept(const Target& target, const LinkRules& rules) {
  return is_own(target.url, rules) || std::ranges::count(rules.kept_hosts, target.host) > 0 ||
         std::ranges::count(rules.kept_urls, target.url) > 0;
}

bool is_own(std::string_view url, const LinkRules& rules) {
  if (!url.starts_with(rules.base) || rules.base.empty()) {
    return false;
  }
  const std::string_view rest = url.substr(rules.base.size());
  return rest.empty() || std::string_view("/?#").find(rest.front()) != std::string_view::npos;
}

std::string with_tags(const std::string& url, const std::vector<UrlTag>& tags) {
  const std::size_t hash = std::min(url.find('#'), url.size());
  const std::size_t question = std::min(url.find('?'), hash);
  const std::string query =
      url.substr(std::min(question + 1, hash), hash - std::min(question + 1, hash));
  if (any_name(query, is_signature)) {
    return url;
  }
  std::string out = url.substr(0, hash);
  bool has_query = question < hash;
  for (const UrlTag& tag : tags) {
    if (any_name(query,
                 [&](std::string_view name) { return equal_ignoring_case(name, tag.name); })) {
      continue;
    }
    if (!has_query) {
      out.push_back('?');
    } else if (!out.ends_with('?') && !out.ends_with('&')) {
      out.push_back('&');
    }
    has_query = true;
    append_percent(out, tag.name, "\"#<>'&=+%");
    out.push_back('=');
    append_percent(out, tag.value, "\"#<>'&=+%");
  }
  return out + url.substr(hash);
}

}  // namespace postrider::track
