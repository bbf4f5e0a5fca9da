// The consumers of the event log that [[export]] asks for. What they are given outlives them.
// Thread: the one that opens the relay.
#pragma once

#include "base/result.h"
#include "directory/directory.h"
#include "dns/resolver.h"
#include "events/consumers.h"
#include "events/event_store.h"
#include "relay/settings.h"

namespace postrider::relay {

/// Errc::invalid names the export.
Result<> add_exports(events::Consumers& consumers, const Settings& settings,
                     dns::Resolver& resolver, const events::EventStore& events,
                     const directory::Directory& directory);

}  // namespace postrider::relay
