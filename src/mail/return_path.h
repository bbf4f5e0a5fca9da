// The token that names one recipient of one message, for return paths (bounces+TOKEN@domain) and
// for X-Postrider-Id: whoever sends it back proves that we gave it out.
//
// Form: lower-case base32 (RFC 4648 letters, no padding) of version, recipient id and 8 bytes of a
// keyed BLAKE2b (libsodium crypto_generichash) over them; in one letter case, because some hosts
// fold local parts. 17 bytes, 28 characters. Decoding ignores case. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace postrider::mail {

using TokenKey = std::array<std::uint8_t, 32>;

std::string make_token(const TokenKey& key, RecipientId recipient);
std::optional<RecipientId> read_token(const TokenKey& key, std::string_view token);

}  // namespace postrider::mail
