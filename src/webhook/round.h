// What an endpoint is sent in one go: some hundred events behind its cursor, on lanes, so that
// several requests may be on their way and events of one message still stay in their order.
// Values; one thread. Bounded: 500 events or 512 KiB, a request 100 events or 128 KiB.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "webhook/payload.h"
#include "webhook/recent_events.h"
#include "webhook/sender.h"

namespace postrider::webhook {

struct Round {
  struct Item {
    EventPtr event;
    std::string text;
  };
  std::uint64_t next = 0;  ///< behind what was looked at
  bool is_full = false;    ///< there may be more
  std::size_t first_lane = 0;
  std::vector<std::deque<Item>> lanes;
  std::set<std::uint64_t> open;  ///< not taken yet
  std::size_t running = 0;       ///< lanes
  bool has_failed = false;
};

struct Range {
  std::uint64_t from = 1;
  std::uint64_t end = 1;  ///< the first one that is not looked at
  std::size_t lanes = 1;
  const std::set<std::uint64_t>& without;
};

/// Errors: the store's.
Result<std::shared_ptr<Round>> gather_round(RecentEvents& recent, const Selection& selection,
                                            directory::WebhookFormat format, const Range& range);

/// The next request of a lane that is not empty.
Batch take_batch(Round& round, std::size_t lane, directory::WebhookFormat format);

}  // namespace postrider::webhook
