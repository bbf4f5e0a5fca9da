// Turns an 8-bit message into a 7-bit one for a peer without 8BITMIME.
//
// RFC 6152, 3 (a relay converts or returns), RFC 2045 (each 8-bit leaf part becomes
// quoted-printable or base64, multiparts become 7bit), RFC 2047 is not used: an 8-bit header can't
// be converted. Parts that must not change (multipart/signed, message/* other than rfc822 ...) make
// it fail. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace postrider::mail {

/// Errc::invalid says why it can't be done (8-bit header, signed part, malformed MIME).
Result<std::string> to_seven_bit(std::string_view message);

}  // namespace postrider::mail
