// Mail to postmaster and abuse that names a person, as files (relay/mail_folder.h): it goes.
// Blocks.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "privacy/person.h"

namespace postrider::privacy {

/// Of `folder` and the folders in it; how many. Errc::unavailable names the file.
Result<std::uint64_t> remove_mails(const std::filesystem::path& folder, const Person& person);

}  // namespace postrider::privacy
