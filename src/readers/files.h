// The files that say who reads and from where: none of them is part of Postrider. Values.
#pragma once

#include <filesystem>

namespace postrider::readers {

/// Where Debian's package uap-core puts its patterns.
inline const std::filesystem::path kInstalledUserAgents = "/usr/share/uap-core/regexes.yaml";

/// Each may be empty: nothing is known then.
struct Files {
  std::filesystem::path user_agents = kInstalledUserAgents;  ///< may be missing there
  std::filesystem::path countries = {};                      ///< MaxMind's format
  std::filesystem::path autonomous_systems = {};             ///< the same
  std::filesystem::path networks = {};                       ///< text: "192.0.2.0/24 label"

  bool operator==(const Files&) const = default;
};

}  // namespace postrider::readers
