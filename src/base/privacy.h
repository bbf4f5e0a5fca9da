// How much tracking may know of the people that mail goes to. Levels are in order: each allows what
// the one before does. An account's level is the ceiling, which a message may only lower.
//
// Pure; any thread. The numbers are on disk: only append.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace postrider {

enum class Privacy : std::uint8_t {
  off,           ///< nothing is rewritten
  anonymous,     ///< totals of a message or campaign: all recipients have the same links
  pseudonymous,  ///< by recipient, and its events name no address
  identified,    ///< by recipient, with its address and the program that was used
  full,          ///< also the network address of whoever opened or clicked
};

constexpr Privacy kPrivacyMost = Privacy::full;

/// A recipient of whom less may be known than of the others of a message.
struct LessKnown {
  std::uint32_t index = 0;  ///< of the recipient
  Privacy privacy = Privacy::off;

  bool operator==(const LessKnown&) const = default;
};

/// The most that may be known of a recipient of a message with the level `privacy`.
inline Privacy privacy_of(std::uint32_t recipient, Privacy privacy,
                          std::span<const LessKnown> less_known) {
  const auto found = std::ranges::find(less_known, recipient, &LessKnown::index);
  return found == less_known.end() ? privacy : std::min(privacy, found->privacy);
}

std::string_view to_string(Privacy privacy);
/// Errc::invalid names the levels.
Result<Privacy> parse_privacy(std::string_view name);

}  // namespace postrider
