// Reads the options of one table, one call each, and refuses what nobody asked for.
//
//   Section limits = root.section("limits");
//   limits.read("errors_max", whole(1, 1000), settings.limits.errors_max);
//
// The calls are the list of known keys: nothing else lists them. An option that isn't written, or
// is written wrongly, leaves its value as it was. Thread: one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "relay/settings_kind.h"
#include "relay/settings_tree.h"

namespace postrider::relay {

/// An option and what it is set to, as TOML.
struct SettingValue {
  std::string key;  ///< "limits.errors_max", "route[0].domain"
  std::string value;
};

/// What a reading brings forth besides the settings.
struct Reading {
  std::vector<Problem> problems;
  std::vector<SettingValue> values;
  /// For the list of all keys: each kind of element is read once although none is written, under
  /// "route[].domain" or "listener.NAME.listen".
  bool is_survey = false;
};

class Section {
 public:
  /// `place`: where to complain of what is missing. `table` may be null: nothing is written.
  Section(Reading& reading, std::string path, const Table* table, Place place);
  /// Complains of keys that nobody has asked for: here, because here all have been.
  ~Section();
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  template <class T>
  void read(std::string_view key, const Kind<T>& kind, T& into) {
    if (const Node* node = take(key)) {
      if (auto value = kind.read(*node, complainer(key))) {
        into = *std::move(value);
      }
    }
    reading_.values.push_back({.key = path_of(key), .value = kind.write(into)});
  }

  Section section(std::string_view key);

  /// For each table of the list `key` ([[key]]).
  void each(std::string_view key, const std::function<void(Section&)>& element);
  /// For each table in the table `key` ([key.NAME]): those that are written and those of
  /// `built_in`.
  void named(std::string_view key, const std::vector<std::string>& built_in,
             const std::function<void(Section&, const std::string&)>& element);

  bool has(std::string_view key) const;
  /// At `key` if it is written, at the section otherwise.
  void complain(std::string_view key, std::string what);
  std::string path_of(std::string_view key) const;

 private:
  const Node* take(std::string_view key);
  Complain complainer(std::string_view key);
  void visit(std::string path, const Node& node, const std::function<void(Section&)>& element);

  Reading& reading_;
  std::string path_;
  const Table* table_;
  Place place_;
  std::vector<std::string> known_;
};

}  // namespace postrider::relay
