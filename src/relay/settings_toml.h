// The configuration: a TOML file (config/postrider.toml lists every option), and over it what the
// command line says with --set.
//
// Reading never stops at the first mistake: it returns all of them, each with file, line and
// column, the option, what is wrong with it and what to write. Only what follows a syntax error is
// not looked at. Unknown keys, wrong types, values out of range, contradictions, doubles and
// unreadable certificates are problems; none is a warning.
//
// Blocks for reading files. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "relay/settings.h"
#include "relay/settings_section.h"
#include "relay/settings_tree.h"

namespace postrider::relay {

struct SettingsSource {
  std::filesystem::path file;          ///< empty: the built-in defaults
  std::vector<std::string> overrides;  ///< "limits.errors_max=5"; later ones win
};

struct LoadedSettings {
  Settings settings;                 ///< to be used only if there are no problems
  std::vector<Problem> problems;     ///< in the order of the file; then those of the overrides
  std::vector<SettingValue> values;  ///< every option with its present value; no secrets
};

LoadedSettings load_settings(const SettingsSource& source);

/// load_settings() for those who want all or nothing: Errc::invalid, a line for each problem.
Result<Settings> require_settings(const SettingsSource& source);

/// Every option there is: "limits.errors_max", "listener.NAME.listen", "route[].host".
std::vector<std::string> setting_keys();

}  // namespace postrider::relay
