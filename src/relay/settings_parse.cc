#include "relay/settings_parse.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include <toml++/toml.h>

#include "base/text.h"

namespace postrider::relay {
namespace {

Place place_of(const toml::source_region& region, std::string_view source) {
  return {.source = std::string(source),
          .line = static_cast<std::uint32_t>(region.begin.line),
          .column = static_cast<std::uint32_t>(region.begin.column)};
}

Node convert(const toml::node& node, std::string_view source);

Table convert_table(const toml::table& from, std::string_view source) {
  Table table;
  for (const auto& [key, value] : from) {
    table.push_back({.key = std::string(key.str()),
                     .place = place_of(key.source(), source),
                     .node = convert(value, source)});
  }
  // The library sorts by name.
  std::ranges::sort(table, {}, [](const Entry& entry) {
    return std::pair(entry.place.line, entry.place.column);
  });
  return table;
}

Array convert_array(const toml::array& from, std::string_view source) {
  Array array;
  for (const toml::node& element : from) {
    array.push_back(convert(element, source));
  }
  return array;
}

Node convert(const toml::node& node, std::string_view source) {
  Node out{.value = Other{}, .place = place_of(node.source(), source)};
  switch (node.type()) {
    case toml::node_type::table:
      out.value = convert_table(*node.as_table(), source);
      break;
    case toml::node_type::array:
      out.value = convert_array(*node.as_array(), source);
      break;
    case toml::node_type::string:
      out.value = node.as_string()->get();
      break;
    case toml::node_type::integer:
      out.value = node.as_integer()->get();
      break;
    case toml::node_type::floating_point:
      out.value = node.as_floating_point()->get();
      break;
    case toml::node_type::boolean:
      out.value = node.as_boolean()->get();
      break;
    default:
      break;
  }
  return out;
}

/// An override has no lines: its place is what was written on the command line.
void forget_lines(Table& table);

void forget_lines(Node& node) {
  node.place.line = 0;
  if (auto* below = std::get_if<Table>(&node.value)) {
    forget_lines(*below);
  } else if (auto* elements = std::get_if<Array>(&node.value)) {
    for (Node& element : *elements) {
      forget_lines(element);
    }
  }
}

void forget_lines(Table& table) {
  for (Entry& entry : table) {
    entry.place.line = 0;
    forget_lines(entry.node);
  }
}

}  // namespace

std::expected<Table, Problem> parse_text(std::string_view text, std::string_view source) {
  try {
    return convert_table(toml::parse(text), source);
  } catch (const toml::parse_error& error) {
    return std::unexpected(
        Problem{.place = place_of(error.source(), source),
                .key = {},
                .what = printable("not TOML: " + std::string(error.description()))});
  }
}

std::expected<Table, Problem> parse_file(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  // An empty file fails too, and leaves no reason; a directory or a bad disk does.
  if (!file.is_open() || (text.fail() && errno != 0)) {
    const std::string why = std::generic_category().message(errno == 0 ? EIO : errno);
    return std::unexpected(Problem{.place = {.source = path.string()},
                                   .key = {},
                                   .what = "cannot read the configuration: " + why});
  }
  return parse_text(text.str(), path.string());
}

std::expected<Table, Problem> parse_override(std::string_view text) {
  const std::string source = "--set " + printable(text, 200);
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || trim(text.substr(0, equals)).empty()) {
    return std::unexpected(Problem{.place = {.source = source},
                                   .key = {},
                                   .what = "write KEY=VALUE, such as limits.errors_max=5"});
  }
  // Line breaks would let one override set several keys.
  auto parsed = text.find_first_of("\r\n") == std::string_view::npos ? parse_text(text, source)
                                                                     : std::unexpected(Problem{});
  if (!parsed) {
    const std::string as_string =
        std::string(text.substr(0, equals)) + "=" + toml_string(trim(text.substr(equals + 1)));
    parsed = parse_text(as_string, source);
  }
  if (!parsed) {
    parsed.error().place.line = 0;
    return parsed;
  }
  forget_lines(*parsed);
  return parsed;
}

}  // namespace postrider::relay
