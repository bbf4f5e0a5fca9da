// What a running relay can take over from a configuration that was read again, and what it can't.
//
// Everything that settings_reload.cc does not list takes effect at once: limits, policies of the
// listeners, certificates, the log, delivery, routes, sites and schedules. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "relay/settings.h"

namespace postrider::relay {

/// Puts back into `wanted` what is read at the start only, and what follows from it, and returns
/// the names of those options that would have changed. Endpoints and TLS of listeners are for
/// Listeners to keep.
std::vector<std::string> keep_until_restart(const Settings& running, Settings& wanted);

/// "limits.errors_max: 10 -> 5, ...", by what was written; empty: nothing.
std::string what_changes(const Settings& running, const Settings& wanted);

}  // namespace postrider::relay
