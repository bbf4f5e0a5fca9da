// Where the event log begins by now, and whether something behind that has gone. Any thread;
// reading blocks for a moment on the disk.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "store/store.h"

namespace postrider::events {

/// The number of the first event that is there; of the next one to come where there is none.
Result<std::uint64_t> first_sequence(const store::Store& store);

/// Events of some accounts have gone earlier than those of the others: no consumer can derive
/// again what it had derived from them. Written once, and for good.
void note_gaps(store::Step& step);
Result<bool> has_gaps(const store::Store& store);

}  // namespace postrider::events
