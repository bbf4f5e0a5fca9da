// What waited when the process ended waits again, and what is wrong with the spool is told.
// Blocks; before the io threads start.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/result.h"
#include "events/event_store.h"
#include "queue/waiting.h"
#include "spool/spool.h"
#include "store/store.h"

namespace postrider::relay {

/// Each recipient that waits goes to `add`. Damage goes to the log, and as an event into the store,
/// with what repairs it.
Result<spool::RecoveryFigures> recover_spool(store::Store& store, spool::Spool& spool,
                                             const events::EventStore& events, const Clock& clock,
                                             const std::function<void(queue::Waiting)>& add);

}  // namespace postrider::relay
