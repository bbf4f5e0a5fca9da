// Mail that waits for a person: found, cancelled, and the address taken out of what stays because
// others wait for the same message. Blocks. Errors: the store's.
#pragma once

#include <set>
#include <vector>

#include "privacy/work.h"
#include "spool/message.h"

namespace postrider::privacy {

/// Recipients that wait: those with this address, and those of reports of our own that name it.
Result<std::set<RecipientId>> find_waiting(const Work& work);

/// Settles those of `recipients` that wait, each with an event that does not say who it was. Nobody
/// else has them in hand.
Result<> cancel(const Work& work, const std::set<RecipientId>& recipients, Erased& erased);

/// Takes the address out of messages that others still wait for, and out of what their last
/// attempts have heard. The content goes to the others as its sender wrote it, and then is gone.
Result<> blank(const Work& work);

}  // namespace postrider::privacy
