// Taking off the disk what has been erased: tables that are written again without it, and what else
// still holds it. Included by the store only: knows RocksDB.
//
// Any thread; blocks for as long as the tables take to be read and written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "store/step.h"

namespace postrider::store {

class Database;

std::uint64_t table_bytes(const Database& database, Table table);

/// What was erased in front of `to` (empty: everywhere) leaves the files. Errors: the database's.
Result<> compact_table(const Database& database, Table table, std::string_view to);

/// All tables with their blob files, and the log. What is read through an iterator meanwhile keeps
/// its files until the iterator ends.
Result<> purge_database(const Database& database);

/// The logs that were kept because they were damaged (database.h): nobody can tell what they hold.
Result<> remove_damaged_logs(const std::filesystem::path& directory);

}  // namespace postrider::store
