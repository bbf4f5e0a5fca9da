// A person taken out of what has been derived from events or stands beside them. Each call reads a
// whole table; blocks. Errors: the store's.
#pragma once

#include "privacy/work.h"

namespace postrider::privacy {

/// Suppressions stay, by the keyed hash alone: without address, words and source.
Result<> erase_suppressions(const Work& work, Erased& erased);
/// Requests in the logs of webhooks: answers may repeat what they were sent.
Result<> erase_requests(const Work& work, Erased& erased);
/// Targets, campaign, payload and custom id of tracked messages, orders about links.
Result<> erase_links(const Work& work, Erased& erased);
/// What could not be read and was kept as it was.
Result<> erase_set_aside(const Work& work, Erased& erased);
/// Messages that are kept for people to look at go whole where they name the person.
Result<> erase_contents(const Work& work, Erased& erased);
/// Lists of the search index that are found by the address.
Result<> erase_search(const Work& work);
/// Campaigns that are named after the address are counted under a name without it.
Result<> erase_counters(const Work& work, Erased& erased);

}  // namespace postrider::privacy
