// Lines of comma-separated values, as suppression lists come and go (RFC 4180, one record a line:
// a line break inside quotes is refused). Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postrider::suppression {

/// Errc::invalid: a quote that does not end, or text behind one.
Result<std::vector<std::string>> parse_csv_line(std::string_view line);

/// Without a line end; in quotes what needs them. What a spreadsheet would take for a formula
/// (OWASP, CSV injection) gets an apostrophe in front.
std::string csv_line(std::span<const std::string> fields);

}  // namespace postrider::suppression
