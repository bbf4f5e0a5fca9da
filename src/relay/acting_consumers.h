// The consumers of the event log whose findings change what the relay does next: the keeper of the
// suppression list and the monitor of accounts' health, wired to what they act upon.
//
// Thread: set() and figures() any; add_to() before the consumers start. Outlives them.
#pragma once

#include <functional>
#include <memory>

#include "base/current.h"
#include "bounce/classifier.h"
#include "directory/directory.h"
#include "events/consumers.h"
#include "events/event_store.h"
#include "health/monitor.h"
#include "relay/settings.h"
#include "store/store.h"
#include "suppression/list.h"

namespace postrider::relay {

class ActingConsumers {
 public:
  /// All outlive the consumers; the functions are called on their threads.
  struct Parts {
    const Clock& clock;
    const store::Store& store;
    const events::EventStore& events;
    directory::Directory& directory;
    suppression::List& suppressions;
    std::function<std::shared_ptr<const bounce::Classifier>()> classifier;
    std::function<void()> pauses_changed;
  };
  void add_to(events::Consumers& consumers, const Parts& parts);

  /// What they go by from now on.
  void set(const Settings& settings);

  const health::Figures& health() const { return health_; }
  health::Limits limits() const { return *limits_.get(); }

 private:
  Current<suppression::SoftBounceLimit> soft_bounces_;
  Current<health::Limits> limits_;
  health::Figures health_;
};

}  // namespace postrider::relay
