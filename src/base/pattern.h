// Patterns of domain names, as configuration writes them: "example.com" itself, "*.example.com"
// what lies below it, "*" everything. Of several that match, the most specific wins: an exact name
// before a longer suffix before a shorter one before "*". Case does not matter. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/text.h"

namespace postrider {

/// Errc::invalid unless it has one of the three forms; returns it in lower case.
Result<std::string> parse_pattern(std::string_view text);

/// A value for each pattern; the value of the most specific pattern that matches a name.
template <class Value>
class PatternMap {
 public:
  /// `pattern` comes from parse_pattern(); a second value for one pattern replaces the first.
  void set(const std::string& pattern, Value value) {
    values_.insert_or_assign(pattern, std::move(value));
  }

  using Entry = std::pair<const std::string, Value>;

  /// `name` in lower case. Null if nothing matches.
  const Entry* find_entry(std::string_view name) const {
    if (values_.empty()) {
      return nullptr;
    }
    if (const Entry* exact = at(std::string(name))) {
      return exact;
    }
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
      if (const Entry* below = at("*" + std::string(name.substr(dot)))) {
        return below;
      }
    }
    return at("*");
  }

  const Value* find(std::string_view name) const {
    const Entry* entry = find_entry(name);
    return entry == nullptr ? nullptr : &entry->second;
  }

  bool empty() const { return values_.empty(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  const Entry* at(const std::string& pattern) const {
    const auto found = values_.find(pattern);
    return found == values_.end() ? nullptr : &*found;
  }

  std::unordered_map<std::string, Value> values_;
};

}  // namespace postrider
