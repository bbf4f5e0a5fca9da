// A copy of the directory's file as it is at one moment, also while the relay changes it.
// Blocking. Errors: unavailable (the database or the disk, in its words), corrupt.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace postrider::directory {

/// Writes `to`, a new file (mode 0600), and looks whether it is whole. One file, with no journal
/// beside it; Directory::open() takes it as it is.
Result<> back_up(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace postrider::directory
