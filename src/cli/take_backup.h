// Making a backup of a data directory: `postrider backup`.
//
// In this order, and why: first the spool (a checkpoint that the running relay makes; without a
// relay a copy while we own the directory), then the accounts, domains and keys. So everything that
// a message in the backup was accepted under is in it too, but for what an operator has removed in
// the meantime. What was acknowledged before take_backup() was called is in it.
//
// All of it is written to FOLDER.unfinished, which gets its name when it is whole and on the disk.
//
// Blocking, for as long as it takes to read everything once. Errors: Errc::invalid (a folder that
// can't be one; nothing has been written), Errc::not_found (there is no data), and those of the
// parts; what was begun is removed.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "cli/backup_manifest.h"

namespace postrider::cli {

struct Backup {
  Manifest manifest;
  bool was_running = false;  ///< a relay, which went on
};

Result<Backup> take_backup(const std::filesystem::path& data, const std::filesystem::path& folder);

}  // namespace postrider::cli
