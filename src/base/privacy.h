// How much tracking may know of the people that mail goes to. Levels are in order: each allows what
// the one before does. An account's level is the ceiling, which a message may only lower.
//
// Pure; any thread. The numbers are on disk: only append.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace postrider {

enum class Privacy : std::uint8_t {
  off,           ///< nothing is rewritten
  anonymous,     ///< totals of a message or campaign: all recipients have the same links
  pseudonymous,  ///< by recipient, and its events name no address
  identified,    ///< by recipient, with its address
  full,          ///< also network address and program of whoever opened or clicked
};

constexpr Privacy kPrivacyMost = Privacy::full;

std::string_view to_string(Privacy privacy);
/// Errc::invalid names the levels.
Result<Privacy> parse_privacy(std::string_view name);

}  // namespace postrider
