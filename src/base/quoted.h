// Text in quotes. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace postrider {

/// Adds `text` in quotes to `out`, with a backslash in front of quotes and backslashes.
void append_quoted(std::string& out, std::string_view text);

}  // namespace postrider
