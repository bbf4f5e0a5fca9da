// DNS records as a zone file has them. RFC 1035, 3.3 and 5.1. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace postrider::cli {

/// One line with its end. The value of a TXT record is cut into strings of at most 255 bytes; names
/// get their final dot.
std::string zone_line(std::string_view name, std::string_view type, std::string_view value);

}  // namespace postrider::cli
