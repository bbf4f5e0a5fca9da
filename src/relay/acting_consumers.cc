#include "relay/acting_consumers.h"

#include "suppression/keeper.h"

namespace postrider::relay {
void ActingConsumers::set(const Settings& settings) {
  soft_bounces_.set(settings.soft_bounces);
  limits_.set(settings.health);
}

void ActingConsumers::add_to(events::Consumers& consumers, const Parts& parts) {
  consumers.add(std::make_unique<suppression::Keeper>(
      parts.store, parts.suppressions, [this] { return *soft_bounces_.get(); }));
  consumers.add(std::make_unique<health::Monitor>(
      health::Monitor::Parts{.clock = parts.clock,
                             .store = parts.store,
                             .events = parts.events,
                             .directory = parts.directory,
                             .figures = health_,
                             .limits = [this] { return *limits_.get(); },
                             .pauses_changed = parts.pauses_changed}));
}

}  // namespace postrider::relay
