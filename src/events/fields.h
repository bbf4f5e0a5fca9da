// Fields by their names, for whoever reads few of them. Pure; any thread.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "events/event_fields.h"
#include "events/field_set.h"

namespace postrider::events {

/// A name that no field has does not compile.
consteval FieldSet fields(std::initializer_list<std::string_view> names) {
  FieldSet set;
  for (const std::string_view name : names) {
    const auto* const found = std::ranges::find(kFields, name, &Field::name);
    if (found == kFields.end()) {
      throw "no field has this name";
    }
    set.add(found->tag);
  }
  return set;
}

}  // namespace postrider::events
