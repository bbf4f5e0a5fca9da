#include "track/page_places.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "track/link_rules.h"

namespace postrider::track {
namespace {

constexpr std::size_t kDeepest = 512;  // Chromium's deepest tree

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(names, [name](auto one) { return equal_ignoring_case(name, one); });
}

bool is_void(std::string_view name) {
  constexpr std::array<std::string_view, 14> kVoid{"area",  "base",   "br",    "col",  "embed",
                                                   "hr",    "img",    "input", "link", "meta",
                                                   "param", "source", "track", "wbr"};
  return name.size() <= 6 && is_one_of(name, kVoid);
}

/// Elements that end without an end tag when another of their kind begins.
bool may_end_unsaid(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames{
      "p", "li", "dt", "dd", "td", "th", "tr", "a", "tbody", "thead", "tfoot", "option"};
  return name.size() <= 6 && is_one_of(name, kNames);
}

bool holds_items(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames{"table", "ul", "ol", "dl", "select"};
  return name.size() <= 6 && is_one_of(name, kNames);
}

bool is_cell(std::string_view name) {
  constexpr std::array<std::string_view, 3> kCells{"td", "th", "caption"};
  return (name.size() == 2 || name.size() == 7) && is_one_of(name, kCells);
}

bool ends_cell(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames{"tr",    "tbody", "thead",
                                                   "tfoot", "col",   "colgroup"};
  return name.size() <= 8 && is_one_of(name, kNames);
}

bool swallows_images(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames{"select", "template", "svg", "math"};
  return name.size() >= 3 && name.size() <= 8 && is_one_of(name, kNames);
}

}  // namespace

void PagePlaces::follow(const HtmlToken& tag) {
  if (is_shut() || (tag.kind == HtmlToken::Kind::start_tag && shuts_region(tag))) {
    follow_shut(tag);
  }
  follow_tables(tag);
}

void PagePlaces::follow_shut(const HtmlToken& tag) {
  const std::string_view name = tag.text;
  const auto is_named = [name](std::string_view one) { return equal_ignoring_case(one, name); };
  if (tag.kind == HtmlToken::Kind::start_tag) {
    if (is_void(name) || (tag.is_foreign && tag.closes_itself)) {
      return;
    }
    if (may_end_unsaid(name)) {
      end_unsaid(name);
    }
    if (shut_.size() < kDeepest && (is_shut() || shuts_region(tag))) {
      shut_.push_back(name);
    }
    return;
  }
  const auto found = std::ranges::find_if(shut_.rbegin(), shut_.rend(), is_named);
  if (found != shut_.rend()) {
    shut_.erase(found.base() - 1, shut_.end());
  } else if (may_end_unsaid(shut_.front())) {
    shut_.clear();  // the end of something around it
  }
}

/// A cell that begins ends the one before it, with all that is open in that; not across a table or
/// a list.
void PagePlaces::end_unsaid(std::string_view name) {
  for (std::size_t i = shut_.size(); i-- > 0 && !holds_items(shut_[i]);) {
    if (equal_ignoring_case(shut_[i], name)) {
      shut_.resize(i);
      return;
    }
  }
}

void PagePlaces::follow_tables(const HtmlToken& tag) {
  const std::string_view name = tag.text;
  const bool is_start = tag.kind == HtmlToken::Kind::start_tag;
  if (name.size() == 5 && equal_ignoring_case(name, "table")) {
    if (!is_start) {
      close(Kind::table, name);
    } else {
      if (!open_.empty() && open_.back().kind == Kind::table) {
        open_.pop_back();  // a table straight in a table ends it
      }
      open(Kind::table, tag);
    }
  } else if (is_cell(name)) {
    close_cell();
    if (is_start && !open_.empty() && open_.back().kind == Kind::table) {
      open(Kind::cell, tag);
    }
  } else if (ends_cell(name)) {
    close_cell();
  } else if (swallows_images(name)) {
    if (!is_start) {
      close(Kind::closed, name);
    } else if (!(tag.is_foreign && tag.closes_itself)) {
      open(Kind::closed, tag);
    }
  }
}

void PagePlaces::open(Kind kind, const HtmlToken& tag) {
  if (open_.size() < kDeepest) {
    open_.push_back({.kind = kind, .begin = tag.begin, .name = tag.text});
  }
}

void PagePlaces::close_cell() {
  if (!open_.empty() && open_.back().kind == Kind::cell) {
    open_.pop_back();
  }
}

void PagePlaces::close(Kind kind, std::string_view name) {
  const auto found = std::ranges::find_if(open_.rbegin(), open_.rend(), [&](const Open& one) {
    return one.kind == kind && equal_ignoring_case(one.name, name);
  });
  if (found != open_.rend()) {
    open_.erase(found.base() - 1, open_.end());
  }
}

std::size_t PagePlaces::place_for_image(std::size_t at) const {
  for (std::size_t i = 0; i < open_.size(); ++i) {
    const bool is_in_cell = i + 1 < open_.size() && open_[i + 1].kind == Kind::cell;
    if (open_[i].kind == Kind::closed || (open_[i].kind == Kind::table && !is_in_cell)) {
      return open_[i].begin;
    }
  }
  return at;
}

}  // namespace postrider::track
