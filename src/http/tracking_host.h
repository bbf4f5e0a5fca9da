// The hosts that accounts have their links lead through. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "directory/directory.h"

namespace postrider::http {

struct TrackingHost {
  bool is_https = false;
  std::string host;  ///< lower case
  std::uint16_t port = 0;
  bool is_address = false;  ///< no name
};

/// "https://links.example.org:8443"; nothing where it is none.
std::optional<TrackingHost> parse_tracking_host(std::string_view url);

/// Those that want TLS, by name, with an account of theirs that is active.
std::map<std::string, AccountId> hosts_with_tls(const directory::Snapshot& directory);

}  // namespace postrider::http
