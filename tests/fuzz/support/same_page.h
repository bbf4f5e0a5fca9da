// Whether a rewritten page is the page that it was: read again, it has the same markup and text,
// the links stand where links stood and are numbered in their order, and all that is new is the
// pixel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "support/require.h"
#include "track/attribute_text.h"
#include "track/html_scanner.h"
#include "track/target.h"
#include "track/token.h"

namespace postrider::fuzz {

/// A tag, a comment or the text in front of it.
struct Piece {
  track::HtmlToken token;
  std::string text;

  bool is_text() const { return token.begin == token.end; }
};

class SamePage {
 public:
  /// `next_link`: the number that the page's first link has in its message. `base` and `keys`
  /// outlive it.
  SamePage(std::string_view base, const track::TokenKeys& keys, std::uint32_t next_link)
      : base_(base), keys_(keys), next_link_(next_link) {}

  void compare(std::string_view page, std::string_view copy) {
    const std::vector<Piece> before = pieces_of(page);
    const std::vector<Piece> after = pieces_of(copy);
    require(before.size() == after.size(), "as many tags and comments as before");
    for (std::size_t i = 0; i < before.size(); ++i) {
      compare(before[i], after[i]);
    }
  }

  std::uint32_t next_link() const { return next_link_; }

 private:
  void compare(const Piece& was, const Piece& is) {
    require(was.text == is.text, "the same text");
    require(was.is_text() == is.is_text() && was.token.kind == is.token.kind, "the same kind");
    if (was.is_text()) {
      return;
    }
    if (was.token.kind == track::HtmlToken::Kind::comment) {
      compare_comments(was.token.text, is.token.text);
      return;
    }
    require(was.token.text == is.token.text, "the same element");
    require(was.token.attributes.size() == is.token.attributes.size(), "as many attributes");
    for (std::size_t i = 0; i < was.token.attributes.size(); ++i) {
      compare(was.token.attributes[i], is.token.attributes[i]);
    }
  }

  /// Outlook's comments may change; between "]>" and "<![endif" they are markup.
  void compare_comments(std::string_view was, std::string_view is) {
    if (was == is) {
      return;
    }
    const std::size_t begin = was.find("]>");
    require(begin != std::string_view::npos && was.substr(0, begin + 2) == is.substr(0, begin + 2),
            "other comments stay");
    const auto content = [begin](std::string_view text) {
      const std::size_t end = text.rfind("<![endif");
      const bool is_closed = end != std::string_view::npos && end >= begin + 2;
      return text.substr(begin + 2, is_closed ? end - begin - 2 : std::string_view::npos);
    };
    compare(content(was), content(is));
  }

  void compare(const track::HtmlAttribute& was, const track::HtmlAttribute& is) {
    require(was.name == is.name && was.quote == is.quote, "the same attribute");
    if (was.value == is.value) {
      return;
    }
    require(equal_ignoring_case(was.name, "href"), "only links change");
    const auto link = link_of(is.value);
    require(link == next_link_, "links are numbered as they stand");
    ++next_link_;
  }

  std::optional<std::uint32_t> link_of(std::string_view url) const {
    for (const track::TokenKind kind : {track::TokenKind::click, track::TokenKind::app_click}) {
      const std::string front = std::string(base_) + std::string(track::path_of(kind));
      const auto content =
          url.starts_with(front) ? keys_.read(url.substr(front.size()), kind) : std::nullopt;
      if (content) {
        return content->link;
      }
    }
    return std::nullopt;
  }

  bool is_pixel(const track::HtmlToken& token) const {
    const track::HtmlAttribute* source = token.attribute("src");
    const std::string front = std::string(base_) + "/o/";
    return token.kind == track::HtmlToken::Kind::start_tag && token.text == "img" &&
           source != nullptr && source->value.starts_with(front) &&
           keys_.read(source->value.substr(front.size()), track::TokenKind::open);
  }

  /// The last one is the text at the end, with whatever is left open.
  std::vector<Piece> pieces_of(std::string_view page) const {
    std::vector<Piece> pieces;
    std::string text;
    std::size_t at = 0;
    track::HtmlScanner scanner(page);
    while (scanner.next()) {
      const track::HtmlToken& token = scanner.token();
      text += page.substr(at, token.begin - at);
      at = token.end;
      if (!is_pixel(token)) {
        pieces.push_back({.token = token, .text = std::move(text)});
        text.clear();
      }
    }
    text += page.substr(at);
    pieces.push_back({.token = {}, .text = std::move(text)});
    return pieces;
  }

  std::string_view base_;
  const track::TokenKeys& keys_;
  std::uint32_t next_link_;
};

}  // namespace postrider::fuzz
