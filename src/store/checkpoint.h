// A copy of the database at one moment, made while it is being written to: a database of its own,
// as Store::open() takes it, with the file beside it that says how much had been acknowledged.
//
// It holds at least every write that was acknowledged before it was begun, and whole steps only:
// what is behind the last whole one in its log is cut off when it is opened. Tables and blobs,
// which never change, are hard links, the log (128 MiB at most, unless one step is larger) is a
// copy; nothing is flushed, so that the writers feel a checkpoint as little as possible and a disk
// that is nearly full does not become full by it.
//
// Blocking. Errors: unavailable (the disk, in its words), corrupt.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace postrider::store {

class Database;

/// DIRECTORY.checkpoint, beside the database: on the same file system, whatever that is.
std::filesystem::path checkpoint_of(const std::filesystem::path& directory);

/// Replaces one that is there. One thread at a time.
Result<> make_checkpoint(const Database& database, const std::filesystem::path& directory);

/// Removes it where it is there.
void remove_checkpoint(const std::filesystem::path& directory);

struct DatabaseFigures {
  std::uint64_t messages = 0;    ///< that wait
  std::uint64_t last_event = 0;  ///< 0: there is none
};
/// Opens a database that nobody writes to, changes nothing in it and counts. Errc::corrupt: it
/// can't be opened, or does not hold all that had been acknowledged. Errc::not_found: there is
/// none.
Result<DatabaseFigures> inspect_database(const std::filesystem::path& directory);

}  // namespace postrider::store
