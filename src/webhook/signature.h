// Signatures by the Standard Webhooks convention: base64 of HMAC-SHA-256, under the key, over
// "ID.SECONDS.BODY"; one "v1,..." for each live key, with spaces in between.
// https://github.com/standard-webhooks/standard-webhooks. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace postrider::webhook {

/// The bytes of a key as it is written ("whsec_" and base64 of 24 to 64 bytes). Errc::invalid.
Result<std::string> parse_secret(std::string_view text);

/// The value of `webhook-signature`; a secret that is empty or no key signs nothing.
std::string sign(std::span<const std::string> secrets, std::string_view id, Time time,
                 std::string_view body);

/// An id for a request, the same for the same bytes to the same endpoint.
std::string request_id(std::uint64_t endpoint, std::string_view body);

}  // namespace postrider::webhook
