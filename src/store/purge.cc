#include "store/purge.h"

#include <string>
#include <system_error>
#include <vector>

#include "store/database.h"
#include "store/rocks_options.h"

namespace postrider::store {
namespace {

namespace fs = std::filesystem;

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

std::vector<rocksdb::ColumnFamilyHandle*> all_families(const Database& database) {
  std::vector<rocksdb::ColumnFamilyHandle*> families{database.rocks().DefaultColumnFamily()};
  for (std::size_t i = 0; i < kTables; ++i) {
    if (auto* family = database.family(static_cast<Table>(i))) {
      families.push_back(family);
    }
  }
  return families;
}

}  // namespace

std::uint64_t table_bytes(const Database& database, Table table) {
  rocksdb::ColumnFamilyHandle* family = database.family(table);
  std::uint64_t total = 0;
  if (family != nullptr) {
    for (const char* what : {"rocksdb.live-sst-files-size", "rocksdb.live-blob-file-size"}) {
      std::uint64_t bytes = 0;
      database.rocks().GetIntProperty(family, what, &bytes);
      total += bytes;
    }
  }
  return total;
}

Result<> compact_table(const Database& database, Table table, std::string_view to) {
  rocksdb::ColumnFamilyHandle* family = database.family(table);
  const rocksdb::Slice end = slice(to);
  rocksdb::CompactRangeOptions how;
  how.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  const rocksdb::Status status =
      database.rocks().CompactRange(how, family, nullptr, to.empty() ? nullptr : &end);
  if (!status.ok()) {
    return fail(explain(status).within("compacting the database"));
  }
  return {};
}

Result<> purge_database(const Database& database) {
  rocksdb::DB& rocks = database.rocks();
  const std::vector<rocksdb::ColumnFamilyHandle*> families = all_families(database);
  // Each flush begins a new log; once all are through, nothing needs an old one.
  rocksdb::Status status = rocks.Flush(rocksdb::FlushOptions(), families);
  for (rocksdb::ColumnFamilyHandle* family : families) {
    if (!status.ok()) {
      break;
    }
    rocksdb::CompactRangeOptions how;
    how.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    how.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
    how.blob_garbage_collection_age_cutoff = 1;
    status = rocks.CompactRange(how, family, nullptr, nullptr);
  }
  if (!status.ok()) {
    return fail(explain(status).within("taking what was erased off the disk"));
  }
  return {};
}

Result<> remove_damaged_logs(const fs::path& directory) {
  std::error_code failed;
  const std::string begin = directory.filename().string() + ".damaged-logs-";
  std::vector<fs::path> found;
  for (const auto& file : fs::directory_iterator(directory.parent_path(), failed)) {
    if (file.path().filename().string().starts_with(begin)) {
      found.push_back(file.path());
    }
  }
  for (const fs::path& kept : found) {
    fs::remove_all(kept, failed);
    if (failed) {
      return fail(Errc::unavailable, "removing " + kept.string() + ": " + failed.message());
    }
  }
  return {};
}

}  // namespace postrider::store
