// What a browser reads in an attribute's value: its character references, each decoded once.
//
// HTML standard, 13.2.5.72 ff.: in an attribute a name without its semicolon stays as it is where
// "=" or a letter or digit follows ("&copy=1" of a query); numbers need no semicolon. Pure; any
// thread.
#pragma once

#include <string>
#include <string_view>

namespace postrider::track {

/// `value` in UTF-8, or in a charset that keeps ASCII: only ASCII is looked at.
std::string decode_attribute(std::string_view value);

}  // namespace postrider::track
