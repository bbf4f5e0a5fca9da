// How an address stands after all that was written down of it. Pure; any thread.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "suppression/change.h"

namespace postrider::suppression {

/// The suppressions that hold at `now`, oldest first: not taken back, not expired, and of each
/// scope and reason the latest. `changes` in the order of their times.
std::vector<Change> standing(std::span<const Change> changes, Time now);

/// Whether one of these stands for the reason and scope of `change`, and lasts at least as long.
bool is_covered(std::span<const Change> standing, const Change& change);

/// When `change` has to be written down for it to stand: when it happened, or `now` where something
/// later in `changes` would take it back or replace it.
Time time_to_stand(std::span<const Change> changes, const Change& change, Time now);

/// The one that keeps mail of `stream` from being sent: one for everything before one for the
/// stream, the oldest first. Null: none does.
const Change* reason_against(std::span<const Change> standing, std::string_view stream);

}  // namespace postrider::suppression
