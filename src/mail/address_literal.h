// IP addresses in brackets, as a domain of an address: RFC 5321, 4.1.3. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace postrider::mail {

/// `text` with its brackets, in the one form that equal addresses share: "[192.0.2.1]",
/// "[IPv6:2001:db8::1]". Errc::invalid, in words fit for a reply.
Result<std::string> parse_literal(std::string_view text);

}  // namespace postrider::mail
