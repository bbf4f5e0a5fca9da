// Mail addresses in running text, as a reader's eye finds them. Not a grammar: what is found has a
// local part, "@" and a name with a dot or an address literal. Pure; any thread; linear.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace postrider::bounce {

struct FoundAddress {
  std::string_view text;  ///< without brackets
  std::size_t offset = 0;
};

/// In their order, `most` at most. A local part that ends in a script other than Latin counts only
/// where a blank is in front of it: such scripts do not part words.
std::vector<FoundAddress> find_addresses(std::string_view text, std::size_t most);

}  // namespace postrider::bounce
