// Values out of a fuzzer's bytes, from front to back, so that seeds can be written by hand. Where
// the bytes have come to their end everything is zero or empty.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace postrider::fuzz {

class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t byte() {
    if (rest_.empty()) {
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  bool flag() { return (byte() & 1) != 0; }

  /// A length, and so many bytes: small numbers and large ones alike.
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int bytes = byte() % 9; bytes > 0; --bytes) {
      value = value << 8 | byte();
    }
    return value;
  }

  /// Behind its length in one byte; 255: all that is left.
  std::string_view text() {
    const std::size_t length = byte();
    const std::string_view taken = rest_.substr(0, length == 255 ? rest_.size() : length);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// How long the pieces are in which something comes: these lengths, over and over; 0: all at once.
using PieceSizes = std::array<std::uint8_t, 3>;

inline PieceSizes take_sizes(Choices& choices) {
  return {choices.byte(), choices.byte(), choices.byte()};
}

inline std::vector<std::string_view> cut(std::string_view whole, const PieceSizes& sizes) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; !whole.empty(); ++i) {
    const std::size_t size = sizes[i % sizes.size()];
    pieces.push_back(whole.substr(0, size == 0 ? whole.size() : size));
    whole.remove_prefix(pieces.back().size());
  }
  return pieces;
}

}  // namespace postrider::fuzz
