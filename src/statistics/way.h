// Where the message went that somebody opened or clicked: what events of readers do not say. Looked
// up in the event log, once for a recipient of a batch.
//
// Thread: the counter's.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "events/event_store.h"

namespace postrider::statistics {

struct Way {
  std::string site;
  std::string source_address;
  std::optional<Time> delivered;  ///< nothing: the log does not say
};

class Ways {
 public:
  explicit Ways(const events::EventStore& events) : events_(events) {}

  /// Stays until forget().
  Result<const Way*> of(RecipientId recipient);
  void forget() { known_.clear(); }

 private:
  const events::EventStore& events_;
  std::unordered_map<std::uint64_t, Way> known_;
};

}  // namespace postrider::statistics
