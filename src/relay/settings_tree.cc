#include "relay/settings_tree.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <numeric>
#include <utility>

#include "base/text.h"

namespace postrider::relay {
namespace {

/// Levenshtein's: insertions, deletions and replacements that lead from one to the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string to_string(const Place& place) {
  if (place.line == 0) {
    return place.source;
  }
  return fmt::format("{}:{}:{}", place.source, place.line, place.column);
}

std::string to_string(const Problem& problem) {
  const std::string place = to_string(problem.place);
  const std::string what = printable(problem.what);  // names and paths come from the file
  return problem.key.empty() ? place + ": " + what : place + ": " + problem.key + ": " + what;
}

const Entry* find_entry(const Table& table, std::string_view key) {
  const auto found = std::ranges::find(table, key, &Entry::key);
  return found == table.end() ? nullptr : &*found;
}

void lay_over(Table& lower, Table upper) {
  for (Entry& entry : upper) {
    const auto found = std::ranges::find(lower, entry.key, &Entry::key);
    if (found == lower.end()) {
      lower.push_back(std::move(entry));
      continue;
    }
    auto* below = std::get_if<Table>(&found->node.value);
    auto* above = std::get_if<Table>(&entry.node.value);
    if (below != nullptr && above != nullptr) {
      lay_over(*below, std::move(*above));
    } else {
      *found = std::move(entry);
    }
  }
}

std::string_view kind_of(const Node& node) {
  constexpr std::array<std::string_view, 7> kNames = {
      "a string", "a whole number", "a number", "true or false", "a list", "a table", "a date"};
  return kNames[node.value.index()];
}

std::string nearest(std::string_view written, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, written.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    // One that begins with what was written ("errors" for "errors_max") is meant, however far.
    const bool begins = written.size() >= 3 && candidate.starts_with(written);
    const std::size_t far = begins ? 1 : distance(written, candidate);
    if (far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
    }
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

}  // namespace postrider::relay
