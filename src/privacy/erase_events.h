// A person taken out of the event log: events about them lose address, network address and program;
// whatever else names them, theirs or others', loses the name. Type, time, site, reply code,
// category and all that is counted stay, so that figures stand. Blocks. Errors: the store's.
#pragma once

#include <set>

#include "events/event.h"
#include "privacy/work.h"

namespace postrider::privacy {

/// False: nothing of it is theirs. `is_about`: it is of a recipient that they were.
bool take_out_of(events::Event& event, const Person& person, bool is_about);

/// Sequence numbers from `from` on, in front of `end`. Adds to `recipients` whoever they were.
Result<> erase_events(const Work& work, std::uint64_t from, std::uint64_t end,
                      std::set<RecipientId>& recipients, Erased& erased);

}  // namespace postrider::privacy
