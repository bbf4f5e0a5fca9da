// A commit that a thread of its own waits for: of those who work beside the mail's way and have no
// io thread. Blocks; any thread but an io thread.
#pragma once

#include <functional>

#include "base/result.h"
#include "net/io_threads.h"
#include "store/store.h"

namespace postrider::store {

/// Returns when the step is durable. `is_stopping`: then it returns without knowing (Errc::closed).
/// `mailbox` hears of the commit; its thread runs.
Result<> commit_and_wait(Store& store, net::Mailbox& mailbox, Step step, Urgency urgency,
                         const std::function<bool()>& is_stopping);

}  // namespace postrider::store
