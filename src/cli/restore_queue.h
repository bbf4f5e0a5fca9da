// What of a restored queue is not to be sent again: taken out before a relay sees it.
// Blocking; one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <unordered_set>

#include "base/ids.h"
#include "base/result.h"

namespace postrider::cli {

/// The recipients that events (lines of `postrider events --json`) tell to be delivered, failed,
/// expired or suppressed. A last line without an end, as a log that was cut off has it, is left
/// out. Errc::invalid names the line that is no event; Errc::not_found: there is no such file.
Result<std::unordered_set<RecipientId>> read_settled(const std::filesystem::path& events);

/// Takes every waiting recipient out of the database in `spool` of which `is_settled` says so, and
/// writes one operational event with `why`. Nobody else has the database open. Returns how many.
Result<std::uint64_t> settle_waiting(const std::filesystem::path& spool,
                                     const std::function<bool(RecipientId)>& is_settled,
                                     const std::string& why);

}  // namespace postrider::cli
