// Which events are about mail that we have sent ourselves, to tell a sender what became of theirs:
// they say nothing of that sender's mail. Pure; any thread.
#pragma once

#include "events/event.h"

namespace postrider::events {

inline bool is_report_of_ours(const Event& event) {
  return event.from_domain.empty() && event.from.empty();
}

}  // namespace postrider::events
