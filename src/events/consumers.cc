#include "events/consumers.h"

#include <algorithm>
#include <utility>

#include "events/consumer_runner.h"
#include "events/damage.h"

namespace postrider::events {

Consumers::Consumers(store::Store& store, const EventStore& events, net::Mailbox& mailbox,
                     std::function<Time()> now)
    : damage_(std::make_unique<Damage>(store, events)),
      place_(std::make_unique<ConsumerPlace>(ConsumerPlace{.store = store,
                                                           .events = events,
                                                           .mailbox = mailbox,
                                                           .now = std::move(now),
                                                           .damage = *damage_})) {}

Consumers::~Consumers() {
  stop();
}

void Consumers::add(std::unique_ptr<Consumer> consumer) {
  runners_.push_back(std::make_unique<ConsumerRunner>(*place_, std::move(consumer)));
}

void Consumers::start() {
  for (const auto& runner : runners_) {
    runner->start();
  }
}

void Consumers::stop() {
  for (const auto& runner : runners_) {
    runner->stop();
  }
}

void Consumers::log_begins_at(std::uint64_t first) {
  for (const auto& runner : runners_) {
    runner->log_begins_at(first);
  }
}

Result<> Consumers::replay(std::string_view name, std::uint64_t next) {
  const auto found = std::ranges::find_if(
      runners_, [&](const auto& runner) { return runner->consumer().name() == name; });
  if (found == runners_.end()) {
    return fail(Errc::not_found, "no consumer is called '" + std::string(name) + "'");
  }
  TRY_VOID((*found)->consumer().can_begin_at(next));
  (*found)->replay(next);
  return {};
}

std::vector<ConsumerFigures> Consumers::figures() const {
  std::vector<ConsumerFigures> all;
  all.reserve(runners_.size());
  for (const auto& runner : runners_) {
    all.push_back(runner->figures());
  }
  return all;
}

}  // namespace postrider::events
