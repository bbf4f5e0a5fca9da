// Events as files of a folder (event_folder.h), each once and in order: what the folder has already
// is not written again. So a replay fills in only what was taken away from its end.
#pragma once

#include <memory>

#include "events/event_store.h"
#include "exports/destination.h"
#include "exports/options.h"

namespace postrider::exports {

/// `events` outlives it: a folder that is further than the log belongs to another log.
std::unique_ptr<Destination> make_files(const Options& options, const events::EventStore& events);

}  // namespace postrider::exports
