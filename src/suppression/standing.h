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

/// The one that keeps mail of `stream` from being sent: one for everything before one for the
/// stream, the oldest first. Null: none does.
const Change* reason_against(std::span<const Change> standing, std::string_view stream);

}  // namespace postrider::suppression
