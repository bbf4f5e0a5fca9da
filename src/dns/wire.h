// Record data as DNS has it on the wire (RFC 1035, 3.3 and 4.1). Pure; any thread. What is
// malformed, or a name that no host can have, gives nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "dns/resolver.h"

namespace postrider::dns {

/// An uncompressed name that ends the data: lower case, no trailing dot; "" for the root.
std::optional<std::string> read_name(std::string_view data);
std::optional<Mx> read_mx(std::string_view data);
/// The strings of a TXT record, joined (RFC 7208, 3.3).
std::optional<std::string> read_txt(std::string_view data);

/// CNAME records in the answer section of a whole message.
std::size_t count_cnames(std::string_view message);

}  // namespace postrider::dns
