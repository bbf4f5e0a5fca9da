// Where in a page's tree we are, as far as tracking must know: in a region that is shut to it, or
// in a place that can't hold an image. An approximation of the HTML standard's tree construction
// (13.2.6) that errs towards shut regions and earlier places. One thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "track/html_scanner.h"

namespace postrider::track {

class PagePlaces {
 public:
  /// Each start and end tag of the page in turn.
  void follow(const HtmlToken& tag);

  bool is_shut() const { return !shut_.empty(); }

  /// `at`, which is where we are, or the start of what is open around it and would move or swallow
  /// an image.
  std::size_t place_for_image(std::size_t at) const;

 private:
  enum class Kind : std::uint8_t { table, cell, closed };  // closed: select, template, svg, math

  struct Open {
    Kind kind;
    std::size_t begin;
    std::string_view name;
  };

  void follow_shut(const HtmlToken& tag);
  void end_unsaid(std::string_view name);
  void follow_tables(const HtmlToken& tag);
  void open(Kind kind, const HtmlToken& tag);
  void close_cell();
  void close(Kind kind, std::string_view name);

  std::vector<std::string_view> shut_;  ///< open elements from the one that says so
  std::vector<Open> open_;
};

}  // namespace postrider::track
