#include "track/html_scanner.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace postrider::track {
namespace {

constexpr auto kNowhere = std::string_view::npos;
constexpr std::size_t kDeepestForeign = 512;  // Chromium's deepest tree

enum CharClass : std::uint8_t { kSpace = 1, kEndsName = 2, kEndsAttribute = 4, kEndsValue = 8 };

consteval std::array<std::uint8_t, 256> char_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (const char c : {' ', '\t', '\n', '\r', '\f'}) {
    classes[static_cast<unsigned char>(c)] = kSpace | kEndsName | kEndsAttribute | kEndsValue;
  }
  classes['/'] = kEndsName | kEndsAttribute;
  classes['>'] = kEndsName | kEndsAttribute | kEndsValue;
  classes['='] = kEndsAttribute;
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = char_classes();

bool is(char c, CharClass wanted) {
  return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

std::size_t skip_to(std::string_view text, std::size_t at, CharClass wanted) {
  while (at < text.size() && !is(text[at], wanted)) {
    ++at;
  }
  return at;
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && is(text[at], kSpace)) {
    ++at;
  }
  return at;
}

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(names, [name](auto one) { return equal_ignoring_case(name, one); });
}

constexpr std::array<std::string_view, 8> kRawText{"script",   "style", "title",  "textarea",
                                                   "noframes", "xmp",   "iframe", "noembed"};

bool may_be_raw_text(std::string_view name) {
  return name.size() >= 3 && name.size() <= 9 &&
         std::string_view("stxinp").find(to_lower(name.front())) != kNowhere;
}

// HTML standard, 13.2.6.5: these end foreign content.
constexpr std::array<std::string_view, 44> kBreakouts{
    "b",   "big",   "blockquote", "body",  "br",  "center", "code",    "dd",    "div",
    "dl",  "dt",    "em",         "embed", "h1",  "h2",     "h3",      "h4",    "h5",
    "h6",  "head",  "hr",         "i",     "img", "li",     "menu",    "meta",  "nobr",
    "ol",  "p",     "pre",        "ruby",  "s",   "small",  "span",    "sub",   "strong",
    "sup", "table", "tt",         "u",     "ul",  "var",    "listing", "strike"};
constexpr std::array<std::string_view, 3> kSvgPoints{"foreignobject", "desc", "title"};
constexpr std::array<std::string_view, 6> kMathPoints{"mi", "mo",    "mn",
                                                      "ms", "mtext", "annotation-xml"};

bool is_end_of_name(std::string_view page, std::size_t at) {
  return at < page.size() && is(page[at], kEndsName);
}

}  // namespace

const HtmlAttribute* HtmlToken::attribute(std::string_view name) const {
  for (const HtmlAttribute& one : attributes) {
    if (one.name.size() == name.size() && equal_ignoring_case(one.name, name)) {
      return &one;
    }
  }
  return nullptr;
}

bool HtmlScanner::next() {
  while (at_ < page_.size()) {
    const std::size_t found = page_.find('<', at_);
    if (found == kNowhere) {
      at_ = page_.size();
      break;
    }
    at_ = found + 1;
    if (take_markup(found)) {
      return true;
    }
  }
  whole_end_ = std::min(whole_end_, page_.size());
  return false;
}

/// False: it was text, or the page ended in it; at_ is behind it.
bool HtmlScanner::take_markup(std::size_t at) {
  const char c = at + 1 < page_.size() ? page_[at + 1] : '\0';
  token_.begin = at;
  token_.begins_raw_text = false;
  if (is_alpha(c)) {
    return take_tag(at + 1, false);
  }
  if (c == '!') {
    return take_declaration(at);
  }
  if (c == '/') {
    const char first = at + 2 < page_.size() ? page_[at + 2] : '\0';
    if (is_alpha(first)) {
      return take_tag(at + 2, true);
    }
    if (at + 2 >= page_.size()) {
      return leave_unfinished(at);  // text, as long as nothing is written behind it
    }
    if (first == '>') {
      at_ = at + 3;
      return false;
    }
  }
  if (c == '/' || c == '?') {
    const std::size_t end = page_.find('>', at + 2);
    token_.text = {};
    return end == kNowhere ? leave_unfinished(at) : finish(HtmlToken::Kind::comment, end + 1);
  }
  return false;
}

bool HtmlScanner::take_declaration(std::size_t at) {
  const std::string_view rest = page_.substr(at);
  if (rest.starts_with("<!--")) {
    return take_comment(at);
  }
  token_.text = {};
  const bool is_cdata = in_foreign() && rest.starts_with("<![CDATA[");
  const std::string_view closing = is_cdata ? "]]>" : ">";
  const std::size_t end = page_.find(closing, at + 2);
  return end == kNowhere ? leave_unfinished(at)
                         : finish(HtmlToken::Kind::comment, end + closing.size());
}

bool HtmlScanner::take_comment(std::size_t at) {
  const std::size_t content = at + 4;
  // "<!-->" and "<!--->" are whole comments.
  for (const std::string_view closing : {">", "->"}) {
    if (page_.substr(content).starts_with(closing)) {
      token_.text = page_.substr(content, 0);
      return finish(HtmlToken::Kind::comment, content + closing.size());
    }
  }
  std::size_t end = content;
  while ((end = page_.find("--", end)) != kNowhere) {
    const std::string_view rest = page_.substr(end);
    const bool by_bang = rest.starts_with("--!>");
    if (by_bang || rest.starts_with("-->")) {
      token_.text = page_.substr(content, end - content);
      return finish(HtmlToken::Kind::comment, end + (by_bang ? 4 : 3));
    }
    ++end;
  }
  return leave_unfinished(at);
}

bool HtmlScanner::take_tag(std::size_t at, bool is_end_tag) {
  const std::size_t name_end = skip_to(page_, at, kEndsName);
  token_.text = page_.substr(at, name_end - at);
  token_.attributes.clear();
  token_.closes_itself = false;
  at = name_end;
  while (true) {
    at = skip_spaces(page_, at);
    if (at >= page_.size()) {
      return leave_unfinished(token_.begin);
    }
    if (page_[at] == '>') {
      break;
    }
    if (page_[at] == '/') {
      ++at;
      token_.closes_itself = at < page_.size() && page_[at] == '>';
    } else if (!take_attribute(at)) {
      return leave_unfinished(token_.begin);
    }
  }
  token_.kind = is_end_tag ? HtmlToken::Kind::end_tag : HtmlToken::Kind::start_tag;
  finish(token_.kind, at + 1);
  follow_foreign();
  if (!is_end_tag) {
    enter_content();
  }
  return true;
}

/// False: the page ends in it.
bool HtmlScanner::take_attribute(std::size_t& at) {
  // A "=" in front belongs to the name.
  const std::size_t name_end = skip_to(page_, at + (page_[at] == '=' ? 1 : 0), kEndsAttribute);
  HtmlAttribute attribute{
      .name = page_.substr(at, name_end - at), .value = page_.substr(name_end, 0), .quote = '\0'};
  at = skip_spaces(page_, name_end);
  if (at < page_.size() && page_[at] == '=') {
    at = skip_spaces(page_, at + 1);
    if (at >= page_.size()) {
      return false;
    }
    const char first = page_[at];
    if (first == '"' || first == '\'') {
      const std::size_t end = page_.find(first, at + 1);
      if (end == kNowhere) {
        return false;
      }
      attribute.quote = first;
      attribute.value = page_.substr(at + 1, end - at - 1);
      at = end + 1;
    } else {
      const std::size_t end = skip_to(page_, at, kEndsValue);
      attribute.value = page_.substr(at, end - at);
      at = end;
    }
  }
  token_.attributes.push_back(attribute);
  return true;
}

bool HtmlScanner::finish(HtmlToken::Kind kind, std::size_t end) {
  token_.kind = kind;
  token_.end = end;
  at_ = end;
  raw_from_ = kNowhere;
  return true;
}

bool HtmlScanner::leave_unfinished(std::size_t begin) {
  whole_end_ = std::min(begin, raw_from_);
  at_ = page_.size();
  return false;
}

void HtmlScanner::enter_content() {
  const std::string_view name = token_.text;
  if (token_.is_foreign) {
    return;
  }
  if (name.size() == 9 && equal_ignoring_case(name, "plaintext")) {
    leave_unfinished(token_.begin);
  } else if (may_be_raw_text(name) && is_one_of(name, kRawText)) {
    skip_raw_text(name);
  }
}

/// To the end tag, which is the next token.
void HtmlScanner::skip_raw_text(std::string_view name) {
  const std::size_t end =
      equal_ignoring_case(name, "script") ? script_end(at_) : raw_text_end(name, at_);
  if (end == kNowhere) {
    leave_unfinished(token_.begin);
  } else {
    token_.begins_raw_text = true;
    raw_from_ = token_.begin;
    at_ = end;
  }
}

/// Of the "</name" that ends it.
std::size_t HtmlScanner::raw_text_end(std::string_view name, std::size_t from) const {
  for (std::size_t at = from; (at = page_.find("</", at)) != kNowhere; at += 2) {
    if (equal_ignoring_case(page_.substr(at + 2, name.size()), name) &&
        is_end_of_name(page_, at + 2 + name.size())) {
      return at;
    }
  }
  return kNowhere;
}

/// The same for a script: 13.2.5.15 ff. Behind "<!--" and a "<script", "</script" ends only the
/// inner one.
std::size_t HtmlScanner::script_end(std::size_t from) const {
  constexpr std::string_view kName = "script";
  bool is_escaped = false;
  bool is_double = false;
  for (std::size_t at = from; (at = page_.find_first_of("<-", at)) != kNowhere; ++at) {
    const std::string_view rest = page_.substr(at);
    if (rest.starts_with("-->")) {
      is_escaped = is_double = false;
    } else if (!is_escaped && rest.starts_with("<!--")) {
      is_escaped = true;
      at += 1;  // "<!-->" is both
    } else if (is_escaped && !is_double && is_end_of_name(page_, at + 1 + kName.size()) &&
               equal_ignoring_case(rest.substr(1, kName.size()), kName)) {
      is_double = true;
    } else if (rest.starts_with("</") && is_end_of_name(page_, at + 2 + kName.size()) &&
               equal_ignoring_case(rest.substr(2, kName.size()), kName)) {
      if (!is_double) {
        return at;
      }
      is_double = false;
    }
  }
  return kNowhere;
}

void HtmlScanner::follow_foreign() {
  token_.is_foreign = false;
  if (token_.kind == HtmlToken::Kind::start_tag) {
    follow_foreign_start();
  } else if (!foreign_.empty()) {
    follow_foreign_end();
  }
}

void HtmlScanner::follow_foreign_start() {
  const std::string_view name = token_.text;
  if (in_foreign() &&
      (is_one_of(name, kBreakouts) ||
       (equal_ignoring_case(name, "font") &&
        (token_.attribute("color") || token_.attribute("face") || token_.attribute("size"))))) {
    while (in_foreign()) {
      foreign_.pop_back();
    }
  }
  const bool is_svg = name.size() == 3 && equal_ignoring_case(name, "svg");
  const bool is_math = name.size() == 4 && equal_ignoring_case(name, "math");
  if (!in_foreign() && !is_svg && !is_math) {
    return;
  }
  token_.is_foreign = true;
  if (token_.closes_itself || foreign_.size() >= kDeepestForeign) {
    return;
  }
  if (!in_foreign()) {
    foreign_.push_back(is_svg ? Foreign::svg : Foreign::math);
  } else if (foreign_.back() == Foreign::svg) {
    if (is_svg || is_one_of(name, kSvgPoints)) {
      foreign_.push_back(is_svg ? Foreign::svg : Foreign::html);
    }
  } else if (is_math || is_one_of(name, kMathPoints)) {
    foreign_.push_back(is_math ? Foreign::math : Foreign::html);
  }
}

void HtmlScanner::follow_foreign_end() {
  const std::string_view name = token_.text;
  const bool is_svg = equal_ignoring_case(name, "svg");
  if (is_svg || equal_ignoring_case(name, "math")) {
    const auto wanted = is_svg ? Foreign::svg : Foreign::math;
    const auto found = std::ranges::find(foreign_.rbegin(), foreign_.rend(), wanted);
    if (found != foreign_.rend()) {
      foreign_.erase(found.base() - 1, foreign_.end());
    }
    token_.is_foreign = true;
  } else if (foreign_.back() == Foreign::html) {
    if (is_one_of(name, kSvgPoints) || is_one_of(name, kMathPoints)) {
      foreign_.pop_back();
      token_.is_foreign = true;
    }
  } else if (is_one_of(name, kBreakouts)) {
    while (in_foreign()) {
      foreign_.pop_back();
    }
  } else {
    token_.is_foreign = true;
  }
}

}  // namespace postrider::track
