// Whether a message is tracked, and what tracking will change in it: decided and found once, when
// it is accepted.
//
// A message's own fields (relay/instructions.h) beat the switches of its campaign, and these those
// of its account and stream; how much may be known is the account's level or, where campaign,
// message or recipient ask for less, that. An account without a tracking host, a level of "off" and
// two switches that are off cost a message nothing.
//
// What can't be tracked goes out as it came, with a reason that becomes an event. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "directory/directory.h"
#include "links/tracked_message.h"
#include "relay/instructions.h"
#include "relay/prepare.h"
#include "relay/tracking_refusals.h"
#include "track/link_rules.h"

namespace postrider::relay {

/// Fills in what `prepared` has of tracking: its message's and content's are there.
void add_tracking(Prepared& prepared, const directory::Snapshot& directory,
                  const Instructions& instructions);

/// Lowers what may be known of those recipients who want it so: their copies are not tracked, or
/// have links that name nobody.
void respect_refusals(Prepared& prepared, const TrackingRefusals& refusals);

/// What is kept for as long as the links live; of a message without a plan only who sent it, for
/// those who unsubscribe.
links::TrackedMessage tracked_message(const Prepared& prepared);

/// "utm_source=shop&utm_medium=email". Errc::invalid.
Result<std::vector<track::UrlTag>> read_url_tags(std::string_view text);

}  // namespace postrider::relay
