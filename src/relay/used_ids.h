// Which ids have been given already, so that none is given twice. Reads the disk; any thread.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "store/store.h"

namespace postrider::relay {

/// No id above it has been used: in the spool, in the event log and in links.
Result<std::uint64_t> highest_used_id(const store::Store& store);

}  // namespace postrider::relay
