// Hits: what readers, or machines for them, did with a message's pixel and links.
// Pure; any thread.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "events/event.h"

namespace postrider::events {

constexpr bool is_hit(Type type) {
  return type == Type::opened || type == Type::clicked;
}

/// By Event::machine: a person's, or a proxy's that fetches for one.
inline bool is_a_persons(std::string_view machine) {
  return machine.empty() || machine == "none" || machine == "proxy";
}

/// Whether a person did this, by all that has been told of the recipient; what was seen differently
/// later counts as it was seen last.
inline bool has_hit_of_a_person(std::span<const Event> story, Type type) {
  std::map<std::uint64_t, bool> persons;
  for (const Event& event : story) {
    if (event.type == type) {
      persons[event.sequence] = is_a_persons(event.machine);
    } else if (event.type == Type::reassessed && persons.contains(event.about_event)) {
      persons[event.about_event] = is_a_persons(event.machine);
    }
  }
  for (const auto& [sequence, is_person] : persons) {
    if (is_person) {
      return true;
    }
  }
  return false;
}

}  // namespace postrider::events
