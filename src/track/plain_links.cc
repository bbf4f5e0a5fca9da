#include "track/plain_links.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "track/target_length.h"

namespace postrider::track {
namespace {

bool may_be_in_url(char c) {
  return c > ' ' && c != '\x7F' && c != '<' && c != '>' && c != '"';
}

/// Whether `url` ends in a bracket that closes none of its own.
bool ends_in_foreign_bracket(std::string_view url) {
  constexpr std::string_view kClosing = ")]}";
  constexpr std::string_view kOpening = "([{";
  const auto kind = kClosing.find(url.back());
  return kind != std::string_view::npos &&
         std::ranges::count(url, kClosing[kind]) > std::ranges::count(url, kOpening[kind]);
}

std::string_view without_punctuation(std::string_view url) {
  constexpr std::string_view kPunctuation = ".,;:!?'*";
  constexpr std::size_t kMost = 64;  // brackets are counted again for each
  for (std::size_t i = 0; i < kMost && !url.empty(); ++i) {
    if (kPunctuation.find(url.back()) == std::string_view::npos && !ends_in_foreign_bracket(url)) {
      break;
    }
    url.remove_suffix(1);
  }
  return url;
}

/// Of the scheme that ends at "://".
std::optional<std::size_t> scheme_before(std::string_view text, std::size_t colon) {
  for (const std::string_view scheme : {"https", "http"}) {
    const bool fits =
        colon >= scheme.size() &&
        equal_ignoring_case(text.substr(colon - scheme.size(), scheme.size()), scheme);
    const std::size_t begin = colon - std::min(colon, scheme.size());
    if (fits && (begin == 0 || !(is_alpha(text[begin - 1]) || is_digit(text[begin - 1])))) {
      return begin;
    }
  }
  return std::nullopt;
}

}  // namespace

PlainLinks find_plain_links(std::string_view text, const Charset& charset, const LinkRules& rules,
                            std::size_t links_before) {
  PlainLinks found;
  std::vector<PageLink>& links = found.links;
  std::size_t at = 0;
  while ((at = text.find("://", at)) != std::string_view::npos) {
    const std::size_t colon = at;
    at += 3;
    const auto begin = scheme_before(text, colon);
    if (!begin) {
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && may_be_in_url(text[end])) {
      ++end;
    }
    at = end;
    const std::string_view url = without_punctuation(text.substr(*begin, end - *begin));
    const auto target = read_target(url, charset);
    found.left_over += !target && leads_too_far(url, charset) ? 1 : 0;
    if (!target || target->host.empty() || is_kept(*target, rules)) {
      continue;
    }
    if (links_before + links.size() >= rules.links_max) {
      ++found.left_over;
    } else {
      links.push_back({.value = {.begin = *begin, .end = *begin + url.size()},
                       .target = with_tags(target->url, rules.url_tags),
                       .is_app_link = false,
                       .has_user = target->has_user});
    }
  }
  return found;
}

}  // namespace postrider::track
