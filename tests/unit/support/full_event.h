// Events that leave no field empty, and what a consumer writes of them: to see that it reads what
// it says it does.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "events/event_fields.h"
#include "store/step.h"

namespace postrider::test {

inline constexpr auto kEveryType = [] {
  std::array<events::Type, events::kTypes.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = events::kTypes[i].type;
  }
  return all;
}();

/// Every text is the name of its field, every number its tag.
inline events::Event full_event(events::Type type) {
  events::Event event;
  event.type = type;
  for (const events::Field& field : events::kFields) {
    std::visit(
        [&](auto member) {
          auto& value = event.*member;
          using Value = std::remove_cvref_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, std::string>) {
            value = field.name;
          } else if constexpr (std::is_same_v<Value, Time>) {
            value = Time(std::chrono::hours(480'000 + field.tag));
          } else {
            value = Value{field.tag};
          }
        },
        field.member);
  }
  return event;
}

/// By table and key, in their order.
inline std::vector<std::pair<std::string, std::string>> writes(const store::Step& step) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const store::Step::Write& write : step.writes()) {
    all.emplace_back(std::string(1, static_cast<char>(write.table)) + write.key, write.head);
  }
  for (const store::Step::Record& record : step.records()) {
    all.emplace_back("event", record.bytes);
  }
  std::ranges::sort(all);
  return all;
}

}  // namespace postrider::test
