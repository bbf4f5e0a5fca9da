// What a reader sees of an HTML part, roughly: enough to find addresses and replies in it.
// Pure; any thread; linear; broken markup is text.
#pragma once

#include <string>
#include <string_view>

namespace postrider::bounce {

/// `html` is UTF-8. Blocks become lines.
std::string html_to_text(std::string_view html);

}  // namespace postrider::bounce
