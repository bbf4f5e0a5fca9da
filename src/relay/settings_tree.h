// A configuration as it was written, before anybody asks what it means: values with the place where
// each stands. The TOML library stays behind settings_parse.cc. Values; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace postrider::relay {

struct Place {
  std::string source;        ///< the file as it was named, or "--set KEY=VALUE"
  std::uint32_t line = 0;    ///< from 1; 0: the source is one line
  std::uint32_t column = 0;  ///< from 1, in characters
};
std::string to_string(const Place& place);  ///< "postrider.toml:12:8"

struct Problem {
  Place place;
  std::string key;   ///< "limits.errors_max"; empty where none is concerned
  std::string what;  ///< what is wrong, and what to write
};
std::string to_string(const Problem& problem);

struct Node;
struct Entry;
using Array = std::vector<Node>;
using Table = std::vector<Entry>;  ///< in the order of the file

struct Other {};  ///< a date or a time: no option has one

struct Node {
  std::variant<std::string, std::int64_t, double, bool, Array, Table, Other> value;
  Place place;

  const Table* table() const { return std::get_if<Table>(&value); }
};

struct Entry {
  std::string key;
  Place place;
  Node node;
};

const Entry* find_entry(const Table& table, std::string_view key);

/// Lays `upper` over `lower`: tables are joined, everything else of `upper` replaces.
void lay_over(Table& lower, Table upper);

/// "a string", "a whole number", ...: for messages.
std::string_view kind_of(const Node& node);

/// The one of `candidates` that `written` is a slip of the fingers away from; empty if there is
/// none.
std::string nearest(std::string_view written, const std::vector<std::string>& candidates);

/// In double quotes and escaped, as TOML has it.
std::string toml_string(std::string_view text);

}  // namespace postrider::relay
