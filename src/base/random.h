// Random numbers for what must merely differ: jitter, shuffling. Not for secrets (libsodium's are).
// What needs repeatable numbers takes them as a parameter. Any thread.
#pragma once

#include <cstdint>

namespace postrider {

/// Uniform in [0, 2^32).
std::uint32_t random_number();

}  // namespace postrider
