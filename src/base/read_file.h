// The whole content of a file: rules, lists, certificates, mails. Blocks; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

#include "base/result.h"

namespace postrider {

/// Errors name the path and say why: Errc::not_found; Errc::invalid, it has more than `bytes_max`;
/// Errc::unavailable, whatever else (no right to, a folder, a bad disk).
Result<std::string> read_file(const std::filesystem::path& path,
                              std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max());

}  // namespace postrider
