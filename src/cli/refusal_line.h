// A line of `postrider classify`'s input: a JSON object, or a bare reply. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "bounce/rule.h"

namespace postrider::cli {

struct RefusalLine {
  bounce::Sample said;
  std::string sender;
};

/// {"code":550,"enhanced":"5.1.1","text":"...","mx":"...","provider":"...","phase":"rcpt"}: all but
/// `text` may be missing or null, others are not looked at. An event of the event log is taken too:
/// `reply` is its text, `mx_host` its mx, `from` its sender. What doesn't begin with '{' is a bare
/// reply. Errc::invalid says what is wrong.
Result<RefusalLine> parse_refusal(std::string_view line);

}  // namespace postrider::cli
