// The event log as many readers see it who are mostly at its end: what one has read and decoded,
// the others need not. In blocks of 256 sequence numbers, a few of which are kept.
//
// Thread: one. Reading blocks for a moment on the disk. Errors: the store's; an event that can't be
// read is left out, and the log says so.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "base/result.h"
#include "events/event_store.h"
#include "webhook/payload.h"

namespace postrider::webhook {

class RecentEvents {
 public:
  explicit RecentEvents(const events::EventStore& events) : events_(events) {}

  struct Block {
    std::uint64_t next = 0;  ///< behind the last number that was looked at
    std::vector<EventPtr> events;
  };
  /// The block that `from` lies in, as far as the log goes; what is in front of `from` is in it
  /// too.
  Result<std::shared_ptr<const Block>> block_with(std::uint64_t from);

  void forget() { kept_.clear(); }

  std::uint64_t last_sequence() const { return events_.last_sequence(); }

 private:
  struct Kept {
    std::uint64_t first;
    std::shared_ptr<const Block> block;
  };
  const events::EventStore& events_;
  std::list<Kept> kept_;  ///< the one asked for last in front
};

}  // namespace postrider::webhook
