#include "smtp/dot_stuffing.h"

#include <algorithm>
#include <ranges>

namespace postrider::smtp {
namespace {

void append_piece(std::string_view piece, bool at_line_start, std::vector<std::string_view>& wire) {
  if (at_line_start && piece.starts_with('.')) {
    wire.push_back(piece.substr(0, 1));
  }
  // A cut behind the dot and a rest that begins with the same dot: it goes out twice.
  for (auto found = piece.find("\n."); found != std::string_view::npos; found = piece.find("\n.")) {
    wire.push_back(piece.substr(0, found + 2));
    piece.remove_prefix(found + 1);
  }
  wire.push_back(piece);
}

}  // namespace

void append_stuffed(std::span<const std::string_view> content,
                    std::vector<std::string_view>& wire) {
  bool at_line_start = true;
  for (const std::string_view piece : content) {
    if (piece.empty()) {
      continue;
    }
    append_piece(piece, at_line_start, wire);
    at_line_start = piece.ends_with('\n');
  }
}

std::string_view end_of_data(std::span<const std::string_view> content) {
  const auto last = std::ranges::find_if(content | std::views::reverse,
                                         [](std::string_view piece) { return !piece.empty(); });
  const bool is_open = last != content.rend() && !last->ends_with('\n');
  return is_open ? "\r\n.\r\n" : ".\r\n";
}

}  // namespace postrider::smtp
