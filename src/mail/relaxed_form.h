// The relaxed canonical form of header fields: RFC 6376, 3.4.2. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace postrider::mail {

/// Appends the relaxed form of one whole field, folded lines included, and a CRLF.
void append_relaxed_field(std::string& out, std::string_view whole_field);

}  // namespace postrider::mail
