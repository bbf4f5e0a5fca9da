// Which account's recipients a row of the index is about, and when they were accepted: for whoever
// lets old rows go. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"

namespace postrider::search {

struct RowPlace {
  AccountId account;
  Time accepted;  ///< of all its recipients, to the second
};
/// Nothing: not a key of ours.
std::optional<RowPlace> place_of(std::string_view row_key);

}  // namespace postrider::search
