// The named character references of HTML (HTML standard, 13.5), sorted by name. Data.
#pragma once

#include <span>
#include <string_view>

namespace postrider::track {

struct NamedEntity {
  std::string_view name;  ///< without "&" and ";"
  std::string_view text;  ///< UTF-8
  bool may_lack_semicolon = false;
};

std::span<const NamedEntity> named_entities();

}  // namespace postrider::track
