// What becomes of events that can't be read: each is kept as it was found, and told of by one
// `operational` event and one line of the log, whichever of the consumers comes across it first.
//
// Thread: any. Reading blocks for a moment on the disk.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "events/event_store.h"
#include "store/store.h"

namespace postrider::events {

class Damage {
 public:
  Damage(const store::Store& store, const EventStore& events) : store_(store), events_(events) {}

  /// Writes into `step` what is to be done about these; nothing of those that have been seen.
  Result<> set_aside(std::span<const std::uint64_t> sequences, Time now, store::Step& step);

 private:
  const store::Store& store_;
  const EventStore& events_;
  std::mutex mutex_;  // guards what follows
  std::set<std::uint64_t> seen_;
};

}  // namespace postrider::events
