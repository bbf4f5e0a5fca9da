#include "relay/acting_consumers.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "bounce/rule.h"
#include "suppression/keeper.h"

namespace postrider::relay {
namespace {

/// What a rule says of suppressing; nothing where the rules have none of that name (any more).
suppression::Keeper::AskRule rule_asker(
    std::function<std::shared_ptr<const bounce::Classifier>()> classifier) {
  return [classifier = std::move(classifier)](std::string_view id) -> std::optional<bool> {
    const std::shared_ptr<const bounce::Classifier> rules = classifier();
    const auto rule = std::ranges::find(rules->rules(), id, &bounce::Rule::id);
    return rule == rules->rules().end() ? std::nullopt : std::optional(rule->suppress);
  };
}

}  // namespace

void ActingConsumers::set(const Settings& settings) {
  soft_bounces_.set(settings.soft_bounces);
  limits_.set(settings.health);
}

void ActingConsumers::add_to(events::Consumers& consumers, const Parts& parts) {
  consumers.add(std::make_unique<suppression::Keeper>(
      parts.store, parts.suppressions, [this] { return *soft_bounces_.get(); },
      rule_asker(parts.classifier)));
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
