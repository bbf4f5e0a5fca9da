// Patterns of domain names, as configuration writes them: "example.com" itself, "*.example.com"
// what lies below it, "*" everything. Of several that match, the most specific wins: an exact name
// before a longer suffix before a shorter one before "*". Case does not matter. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/text.h"

namespace postrider {

/// Errc::invalid unless it has one of the three forms; returns it in lower case.
Result<std::string> parse_pattern(std::string_view text);

/// "*" and what stands behind it, as a key to look for: no string has to be put together.
struct BelowPattern {
  std::string_view suffix;  ///< ".example.com"
};

struct PatternHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view pattern) const { return add(kBasis, pattern); }
  std::size_t operator()(BelowPattern below) const { return add(add(kBasis, "*"), below.suffix); }

 private:
  // FNV-1a, because std::hash can't go on where it has ended.
  static constexpr std::uint64_t kBasis = 0xcbf29ce484222325;
  static std::uint64_t add(std::uint64_t hash, std::string_view bytes) {
    for (const char byte : bytes) {
      hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    }
    return hash;
  }
};

struct PatternEqual {
  using is_transparent = void;
  bool operator()(std::string_view one, std::string_view other) const { return one == other; }
  bool operator()(BelowPattern below, std::string_view pattern) const {
    return pattern.starts_with('*') && pattern.substr(1) == below.suffix;
  }
  bool operator()(std::string_view pattern, BelowPattern below) const {
    return (*this)(below, pattern);
  }
};

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
    if (const Entry* exact = at(name)) {
      return exact;
    }
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
      if (const Entry* below = at(BelowPattern{name.substr(dot)})) {
        return below;
      }
    }
    return at(std::string_view("*"));
  }

  const Value* find(std::string_view name) const {
    const Entry* entry = find_entry(name);
    return entry == nullptr ? nullptr : &entry->second;
  }

  bool empty() const { return values_.empty(); }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  template <class Key>
  const Entry* at(Key pattern) const {
    const auto found = values_.find(pattern);
    return found == values_.end() ? nullptr : &*found;
  }

  std::unordered_map<std::string, Value, PatternHash, PatternEqual> values_;
};

}  // namespace postrider
