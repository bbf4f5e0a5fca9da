#include "track/page_links.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "track/attribute_text.h"
#include "track/html_scanner.h"
#include "track/page_places.h"
#include "track/target_length.h"

namespace postrider::track {
namespace {

constexpr std::array<std::string_view, 2> kTextPlaceholders{"{{tracker}}", "{{ses:openTracker}}"};

bool is_link_element(std::string_view name) {
  return (name.size() == 1 && to_lower(name.front()) == 'a') ||
         (name.size() == 4 && equal_ignoring_case(name, "area"));
}

bool is_shape(std::string_view name) {
  constexpr std::array<std::string_view, 11> kShapes{
      "v:roundrect", "v:rect", "v:oval",  "v:shape", "v:line",      "v:polyline",
      "v:curve",     "v:arc",  "v:image", "v:group", "v:background"};
  return starts_with_ignoring_case(name, "v:") &&
         std::ranges::any_of(kShapes, [&](auto one) { return equal_ignoring_case(name, one); });
}

/// The place of the content in "[if mso]> ... <![endif]"; nothing if it is another comment.
std::optional<Span> conditional_content(std::string_view comment) {
  const std::size_t start = comment.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || !starts_with_ignoring_case(comment.substr(start), "[if")) {
    return std::nullopt;
  }
  const std::size_t open_end = comment.find("]>", start);
  if (open_end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t closing = comment.rfind("<![endif");
  const bool is_closed = closing != std::string_view::npos && closing >= open_end + 2;
  return Span{.begin = open_end + 2, .end = is_closed ? closing : comment.size()};
}

class Reader {
 public:
  Reader(std::string_view bytes, std::string_view text, const Charset& charset,
         const LinkRules& rules, std::size_t links_before)
      : bytes_(bytes), text_(text), charset_(charset), rules_(rules), before_(links_before) {}

  Page read() {
    HtmlScanner scanner(text_);
    PagePlaces places;
    while (scanner.next()) {
      const HtmlToken& token = scanner.token();
      look_for_placeholder(text_before(token));
      seen_ = token.end;
      is_raw_ = token.begins_raw_text;
      if (token.kind == HtmlToken::Kind::comment) {
        read_comment(token, places.is_shut());
        continue;
      }
      note_body_end(token, places);
      places.follow(token);
      if (token.kind == HtmlToken::Kind::start_tag) {
        read_start_tag(token, places.is_shut());
      }
    }
    look_for_placeholder({.begin = seen_, .end = scanner.whole_end()});
    place_pixel(places, scanner.whole_end());
    return std::move(page_);
  }

 private:
  Span text_before(const HtmlToken& token) const { return {.begin = seen_, .end = token.begin}; }

  /// A position in the text, in bytes.
  std::size_t in_bytes(std::size_t at) const { return at * charset_.unit_bytes(); }
  Span in_bytes(Span span) const { return {in_bytes(span.begin), in_bytes(span.end)}; }
  std::size_t place_of(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - text_.data());
  }

  void look_for_placeholder(Span span) {
    if (!rules_.opens || is_raw_ || span.end <= span.begin) {
      return;
    }
    const std::string_view part = text_.substr(span.begin, span.end - span.begin);
    if (part.find("{{") == std::string_view::npos) {
      return;
    }
    for (const std::string_view form : kTextPlaceholders) {
      if (const auto at = part.find(form); at != std::string_view::npos) {
        placeholders_.push_back({span.begin + at, span.begin + at + form.size()});
        return;
      }
    }
  }

  void note_body_end(const HtmlToken& token, const PagePlaces& places) {
    if (token.kind == HtmlToken::Kind::end_tag && token.text.size() == 4 &&
        equal_ignoring_case(token.text, "body")) {
      body_end_ = places.place_for_image(token.begin);
    }
  }

  void read_start_tag(const HtmlToken& tag, bool is_shut) {
    if (is_link_element(tag.text)) {
      if (!is_shut && !tag.is_foreign) {
        read_link(tag);
      }
    } else if (equal_ignoring_case(tag.text, "opentag")) {
      placeholders_.push_back({tag.begin, tag.end});
    } else if (equal_ignoring_case(tag.text, "img")) {
      const HtmlAttribute* source = tag.attribute("src");
      has_pixel_ = has_pixel_ || (source != nullptr && is_own_pixel(source->value));
    }
  }

  bool is_own_pixel(std::string_view value) const {
    const std::string_view url = trim(value);
    return is_own(url, rules_) && url.substr(rules_.base.size()).starts_with("/o/");
  }

  void read_comment(const HtmlToken& comment, bool is_shut) {
    const auto content = conditional_content(comment.text);
    if (!content || is_shut) {
      return;
    }
    HtmlScanner scanner(comment.text.substr(content->begin, content->end - content->begin));
    PagePlaces places;
    while (scanner.next()) {
      const HtmlToken& token = scanner.token();
      if (token.kind == HtmlToken::Kind::comment) {
        continue;
      }
      places.follow(token);
      if (token.kind == HtmlToken::Kind::start_tag && !places.is_shut() &&
          (is_link_element(token.text) || is_shape(token.text))) {
        read_link(token);
      }
    }
  }

  void read_link(const HtmlToken& tag) {
    const HtmlAttribute* href = tag.attribute("href");
    if (href == nullptr || href->value.empty()) {
      return;
    }
    const std::size_t at = place_of(href->value);
    if (const auto mark = find_notrack(href->value)) {
      page_.notracks.push_back(in_bytes({at + mark->at, at + mark->at + mark->size}));
      return;
    }
    if (!rules_.clicks || opts_out(tag)) {
      return;
    }
    const Span value = in_bytes({at, at + href->value.size()});
    const auto text = charset_.to_utf8(bytes_.substr(value.begin, value.end - value.begin));
    if (!text) {
      return;
    }
    const std::string decoded = decode_attribute(*text);
    const auto target = read_target(decoded, charset_);
    if (!target || is_kept(*target, rules_)) {
      page_.left_over += !target && leads_too_far(decoded, charset_) ? 1 : 0;
      return;
    }
    const HtmlAttribute* universal = tag.attribute("universal");
    add({.value = value,
         .target = with_tags(target->url, rules_.url_tags),
         .is_app_link = universal != nullptr && equal_ignoring_case(universal->value, "true"),
         .has_user = target->has_user});
  }

  void add(PageLink link) {
    if (before_ + page_.links.size() >= rules_.links_max) {
      ++page_.left_over;
    } else {
      page_.links.push_back(std::move(link));
    }
  }

  void place_pixel(const PagePlaces& places, std::size_t whole_end) {
    if (!rules_.opens || has_pixel_) {
      return;
    }
    if (!placeholders_.empty()) {
      page_.pixels.push_back(in_bytes(placeholders_.front()));
      return;
    }
    const std::size_t at = body_end_.value_or(places.place_for_image(whole_end));
    page_.pixels.push_back(in_bytes({at, at}));
  }

  std::string_view bytes_;
  std::string_view text_;  ///< the same, or one ASCII byte for each unit
  const Charset& charset_;
  const LinkRules& rules_;
  std::size_t before_;
  std::size_t seen_ = 0;  ///< end of the last token
  bool is_raw_ = false;   ///< raw text follows it
  std::vector<Span> placeholders_;
  std::optional<std::size_t> body_end_;
  bool has_pixel_ = false;
  Page page_;
};

}  // namespace

std::optional<Page> read_page(std::string_view bytes, const Charset& charset,
                              const LinkRules& rules, std::size_t links_before) {
  const auto ascii = charset.as_ascii(bytes);
  if (!ascii) {
    return std::nullopt;
  }
  const std::string_view text =
      charset.layout() == Charset::Layout::ascii ? bytes : std::string_view(*ascii);
  return Reader(bytes, text, charset, rules, links_before).read();
}

}  // namespace postrider::track
