// A plain reading of SMTP replies (RFC 5321, 4.2): the whole text is split into lines first, and
// each line is looked at alone. Shares nothing with src/smtp/reply.cc but its limits.
#pragma once

#include <string_view>
#include <vector>

#include "smtp/reply.h"

namespace postrider::fuzz {

/// All replies that came whole, and whether what follows them is none.
struct Heard {
  std::vector<smtp::Reply> replies;
  bool broken = false;
};

Heard plain_reading(std::string_view text);

}  // namespace postrider::fuzz
