// Passwords: made, hashed with Argon2id, checked.
//
// Cost: 2 passes over 19 MiB, one lane (OWASP's least for Argon2id), about 20 ms of one core.
// libsodium's "interactive" memory of 64 MiB would triple both for every client that comes back
// after a restart, and buys little: the passwords that we make have 160 bits. A hash names its own
// cost, so that a later change of these figures leaves stored ones valid.
//
// Any thread; hash and check block for Argon2.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace postrider::directory {

/// Errc::unavailable where there is no memory for it.
Result<std::string> hash_password(std::string_view password);
bool is_password(std::string_view password, const std::string& hash);

/// `bytes` random bytes as lower-case base32 without padding: easy to read out and to paste.
std::string random_text(std::size_t bytes);

}  // namespace postrider::directory
