#include "rules/rule_table.h"

#include "base/text.h"

namespace postrider::rules {
namespace {

std::unexpected<Error> wanted(std::string_view key, const std::string& what) {
  return fail(Errc::invalid, std::string(key) + " is " + what);
}

}  // namespace

Result<toml::table> parse(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(Errc::invalid, name + ":" + std::to_string(error.source().begin.line) + ": " +
                                   std::string(error.description()));
  }
}

std::string place_of(const toml::node& node, const std::string& name) {
  return name + ":" + std::to_string(node.source().begin.line);
}

Result<std::vector<const toml::table*>> tables_of(const toml::table& root, std::string_view key,
                                                  const std::string& name) {
  std::vector<const toml::table*> found;
  const toml::node* node = root.get(key);
  if (node == nullptr) {
    return found;
  }
  const std::string form = ": write [[" + std::string(key) + "]]";
  if (!node->is_array()) {
    return fail(Errc::invalid, place_of(*node, name) + form);
  }
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_table()) {
      return fail(Errc::invalid, place_of(element, name) + form);
    }
    found.push_back(element.as_table());
  }
  return found;
}

const toml::node* RuleTable::node(std::string_view key) {
  known_.insert(key);
  return table_.get(key);
}

Result<std::string> RuleTable::text(std::string_view key) {
  const toml::node* found = node(key);
  if (found == nullptr) {
    return std::string();
  }
  const auto* value = found->as_string();
  if (value == nullptr || value->get().empty()) {
    return wanted(key, "a string that says something");
  }
  return value->get();
}

Result<std::vector<std::string>> RuleTable::texts(std::string_view key) {
  const toml::node* found = node(key);
  std::vector<std::string> all;
  if (found == nullptr) {
    return all;
  }
  const toml::array single(*found);
  for (const toml::node& element : found->is_array() ? *found->as_array() : single) {
    if (!element.is_string()) {
      all.clear();
      break;
    }
    all.push_back(element.as_string()->get());
  }
  if (all.empty()) {
    return wanted(key, "a string or a list of strings");
  }
  return all;
}

Result<std::vector<std::uint64_t>> RuleTable::numbers(std::string_view key) {
  const toml::node* found = node(key);
  std::vector<std::uint64_t> all;
  if (found == nullptr) {
    return all;
  }
  const toml::array none;
  for (const toml::node& element : found->is_array() ? *found->as_array() : none) {
    const auto number = element.value_exact<std::int64_t>();
    if (!number || *number < 1) {
      all.clear();
      break;
    }
    all.push_back(static_cast<std::uint64_t>(*number));
  }
  if (all.empty()) {
    return wanted(key, "a list of whole numbers from 1 on");
  }
  return all;
}

Result<std::optional<bool>> RuleTable::flag(std::string_view key) {
  const toml::node* found = node(key);
  if (found == nullptr) {
    return std::optional<bool>();
  }
  if (!found->is_boolean()) {
    return wanted(key, "true or false");
  }
  return std::optional(found->as_boolean()->get());
}

Result<std::uint32_t> RuleTable::number(std::string_view key, std::uint32_t min,
                                        std::uint32_t max) {
  const toml::node* found = node(key);
  const auto value =
      found == nullptr ? std::optional<std::int64_t>() : found->value_exact<std::int64_t>();
  if (!value || *value < min || *value > max) {
    return wanted(key, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return static_cast<std::uint32_t>(*value);
}

Result<Duration> RuleTable::duration(std::string_view key) {
  TRY(const std::string written, text(key));
  TRY(const Duration value, parse_duration(written), std::string(key));
  return value;
}

Result<> RuleTable::nothing_else() const {
  for (const auto& [key, value] : table_) {
    if (!known_.contains(key.str())) {
      return fail(Errc::invalid, "there is no key '" + std::string(key.str()) + "'");
    }
  }
  return {};
}

}  // namespace postrider::rules
