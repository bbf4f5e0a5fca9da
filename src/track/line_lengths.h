// Whether an edit makes a line too long for SMTP: RFC 5322, 2.1.1, 998 bytes without its end. Pure;
// any thread.
#pragma once

#include <string_view>

#include "track/plan.h"

namespace postrider::track {

constexpr std::size_t kLongestLine = 998;

/// Of a plain region: some line that was not longer before would be. `plan` for its base.
bool outgrows_lines(std::string_view message, const Region& region, const Plan& plan);

}  // namespace postrider::track
