#include "cli/zone_file.h"

#include <algorithm>
#include <fmt/core.h>

namespace postrider::cli {
namespace {

constexpr std::size_t kLongestString = 255;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  return out + "\"";
}

std::string strings_of(std::string_view value) {
  std::string out = quoted(value.substr(0, kLongestString));
  while (value.size() > kLongestString) {
    value.remove_prefix(kLongestString);
    out += " " + quoted(value.substr(0, kLongestString));
  }
  return out;
}

}  // namespace

std::string zone_line(std::string_view name, std::string_view type, std::string_view value) {
  return fmt::format("{}.\tIN\t{}\t{}\n", name, type,
                     type == "TXT" ? strings_of(value) : std::string(value) + ".");
}

}  // namespace postrider::cli
