#include "cli/table.h"

#include <algorithm>
#include <cassert>
#include <fmt/core.h>

#include "base/text.h"
#include "cli/command.h"

namespace postrider::cli {
namespace {

constexpr std::size_t kLongestCell = 600;

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::good:
      return "\x1b[32m";
    case Colour::bad:
      return "\x1b[31m";
    case Colour::doubtful:
      return "\x1b[33m";
    case Colour::dim:
      return "\x1b[2m";
    case Colour::bold:
      return "\x1b[1m";
    case Colour::plain:
      return "";
  }
  return "";
}

std::string coloured(std::string_view text, Colour colour) {
  const std::string_view code = code_of(colour);
  return code.empty() ? std::string(text) : fmt::format("{}{}\x1b[0m", code, text);
}

/// In characters, as far as a table needs it: bytes of UTF-8 that begin one.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string paint(std::string_view text, Colour colour) {
  return may_colour() ? coloured(text, colour) : std::string(text);
}

Table::Table(std::vector<std::string> headings) : headings_(std::move(headings)) {
  for (std::string& heading : headings_) {
    to_the_right_.push_back(heading.starts_with('>'));
    heading.erase(0, heading.starts_with('>') ? 1 : 0);
  }
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() == headings_.size());
  for (Cell& cell : row) {
    cell.text = printable(cell.text, kLongestCell);
  }
  rows_.push_back(std::move(row));
}

std::string Table::render(bool in_colour) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < headings_.size(); ++i) {
    std::size_t width = width_of(headings_[i]);
    for (const auto& row : rows_) {
      width = std::max(width, width_of(row[i].text));
    }
    widths.push_back(width);
  }
  std::string out;
  const auto write = [&](std::string_view text, Colour colour, std::size_t i) {
    const std::string padding(widths[i] - width_of(text), ' ');
    const bool is_last = i + 1 == headings_.size();
    out += to_the_right_[i] ? padding : "";
    out += in_colour ? coloured(text, colour) : std::string(text);
    out += is_last ? "\n" : (to_the_right_[i] ? "" : padding) + "  ";
  };
  for (std::size_t i = 0; i < headings_.size(); ++i) {
    write(headings_[i], Colour::bold, i);
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      write(row[i].text, row[i].colour, i);
    }
  }
  return out;
}

void Table::print() const {
  fmt::print("{}", render(may_colour()));
}

}  // namespace postrider::cli
