// A file of rules that people write, in TOML. Every table is read key by key, and a key that nobody
// has asked for is an error: it is a slip of the pen, and would make a rule that says less than its
// author thinks.
//
// Errors are Errc::invalid and say what is expected. Values; what they refer to outlives them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "base/clock.h"
#include "base/result.h"

namespace postrider::rules {

/// `name`: the file, for errors: "rules.toml:12: ...".
Result<toml::table> parse(std::string_view text, const std::string& name);

/// "rules.toml:12"
std::string place_of(const toml::node& node, const std::string& name);

/// The tables of `[[key]]`, in their order; none where there is no such key.
Result<std::vector<const toml::table*>> tables_of(const toml::table& root, std::string_view key,
                                                  const std::string& name);

class RuleTable {
 public:
  explicit RuleTable(const toml::table& table) : table_(table) {}

  // A key that is not there: an empty text, no texts, no numbers, nothing. One that is there says
  // something.
  Result<std::string> text(std::string_view key);
  Result<std::vector<std::string>> texts(std::string_view key);  ///< a string, or a list of them
  Result<std::vector<std::uint64_t>> numbers(std::string_view key);  ///< a list; each from 1
  Result<std::optional<bool>> flag(std::string_view key);

  // Errors, too, where the key is not there.
  Result<std::uint32_t> number(std::string_view key, std::uint32_t min, std::uint32_t max);
  Result<Duration> duration(std::string_view key);

  /// For what has a form of its own; null where it is not there.
  const toml::node* node(std::string_view key);

  /// An error if there is a key that none of the calls has named.
  Result<> nothing_else() const;

 private:
  const toml::table& table_;
  std::set<std::string_view> known_;
};

}  // namespace postrider::rules
