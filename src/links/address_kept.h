// How much is kept of the address that an open or click came from. Values; any thread.
#pragma once

#include <cstdint>

namespace postrider::links {

/// Truncated: /24 of IPv4, /48 of IPv6.
enum class AddressKept : std::uint8_t { whole, truncated, none };

}  // namespace postrider::links
