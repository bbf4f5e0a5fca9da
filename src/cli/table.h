// Tables for people: columns as wide as they need to be, numbers to the right, colour only where
// may_colour() says so. What may come from the network is cleaned of control characters. One
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postrider::cli {

enum class Colour { plain, good, bad, doubtful, dim, bold };

/// `text` in that colour; as it is where there is none.
std::string paint(std::string_view text, Colour colour);

struct Cell {
  Cell(std::string t, Colour c = Colour::plain) : text(std::move(t)), colour(c) {}  // NOLINT
  Cell(const char* t) : text(t) {}                                                  // NOLINT

  std::string text;
  Colour colour = Colour::plain;
};

class Table {
 public:
  /// A heading that begins with ">" makes a column of numbers.
  explicit Table(std::vector<std::string> headings);

  void add(std::vector<Cell> row);  ///< as many as headings
  bool empty() const { return rows_.empty(); }

  /// To standard output.
  void print() const;
  std::string render(bool in_colour) const;

 private:
  std::vector<std::string> headings_;
  std::vector<bool> to_the_right_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace postrider::cli
