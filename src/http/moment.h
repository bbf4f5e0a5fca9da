// A time in a query: RFC 3339, or so long ago ("7d"), or "now". Pure; any thread.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace postrider::http {

/// Errc::invalid names the parameter and says what is allowed.
Result<Time> parse_moment(const std::string& parameter, const std::string& text, Time now);

}  // namespace postrider::http
