#include "base/privacy.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace postrider {
namespace {

constexpr std::array<std::string_view, 5> kNames{"off", "anonymous", "pseudonymous", "identified",
                                                 "full"};

}  // namespace

std::string_view to_string(Privacy privacy) {
  return kNames[std::to_underlying(privacy)];
}

Result<Privacy> parse_privacy(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name);
  if (found == kNames.end()) {
    return fail(Errc::invalid, "'" + printable(name, 40) +
                                   "' is no level of privacy: there are off, anonymous, "
                                   "pseudonymous, identified and full");
  }
  return static_cast<Privacy>(found - kNames.begin());
}

}  // namespace postrider
