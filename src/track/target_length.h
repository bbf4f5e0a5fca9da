// Whether a link is left alone only because its target is too long: its sender is told of that.
// Pure; any thread.
#pragma once

#include <string_view>

#include "track/charset.h"

namespace postrider::track {

/// Of a value that read_target() makes nothing of.
bool leads_too_far(std::string_view value, const Charset& charset);

}  // namespace postrider::track
