// Restoring a backup into a data directory that is missing or empty: `postrider restore`.
//
// Everything is copied to DATA/restoring first and compared with the manifest on its way; only when
// all of it is whole and on the disk it moves to its place. While that folder is there no relay
// starts on the directory, so that half a restore is never taken for data.
//
// Blocking. Errors: Errc::invalid, not_found and corrupt (the backup, the events, the data
// directory: nothing has been written then, or it is removed again), unavailable (the disk).
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "cli/backup_manifest.h"

namespace postrider::cli {

struct RestoreWish {
  bool without_queue = false;    ///< nothing of what waits in it
  std::filesystem::path events;  ///< without those that they settle (restore_queue.h); empty: none
};

struct Restored {
  Manifest manifest;
  std::uint64_t messages = 0;  ///< that wait now
  std::uint64_t left_out = 0;  ///< recipients that waited in the backup
};

Result<Restored> restore_backup(const std::filesystem::path& folder,
                                const std::filesystem::path& data, const RestoreWish& wish);

}  // namespace postrider::cli
