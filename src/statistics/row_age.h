// How old a row of the counters is: for whoever lets old ones go. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace postrider::statistics {

/// The begin of the hour or day that it counts; of a reader's row, when the message was accepted.
/// Nothing: not a key of ours.
std::optional<Time> time_of_row(std::string_view key);

}  // namespace postrider::statistics
