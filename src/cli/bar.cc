#include "cli/bar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <unistd.h>

namespace postrider::cli {

std::string bar(std::uint64_t value, std::uint64_t most, std::size_t width) {
  static constexpr std::array<std::string_view, 8> kPart{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (value == 0 || most == 0) {
    return {};
  }
  const double share = std::min(1.0, static_cast<double>(value) / static_cast<double>(most));
  const auto eighths =
      std::max(std::size_t{1},
               static_cast<std::size_t>(std::lround(share * static_cast<double>(8 * width))));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) {
    text += "█";
  }
  text += kPart[eighths % 8];
  return text;
}

bool shows_bars() {
  return ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace postrider::cli
