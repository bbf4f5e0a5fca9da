#include "store/database.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "store/rocks_options.h"

namespace postrider::store {
namespace {

namespace fs = std::filesystem;
using rocksdb::WALRecoveryMode;

/// A reader can't make the families that a version before did not know: it opens those that are
/// there, which are the first ones, because the list only grows.
std::vector<rocksdb::ColumnFamilyDescriptor> families_to_open(const StoreOptions& options,
                                                              const rocksdb::DBOptions& how) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = column_families(options);
  std::vector<std::string> present;
  if (options.read_only &&
      rocksdb::DB::ListColumnFamilies(how, options.directory.string(), &present).ok() &&
      present.size() < descriptors.size()) {
    descriptors.resize(present.size());
  }
  return descriptors;
}

/// Of the reader that looks and changes nothing; 0 if even that can't open it.
std::uint64_t intact_up_to(const StoreOptions& options) {
  StoreOptions reading = options;
  reading.read_only = true;
  rocksdb::DBOptions how = database_options(reading);
  how.wal_recovery_mode = WALRecoveryMode::kPointInTimeRecovery;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::OpenForReadOnly(how, options.directory.string(), families_to_open(reading, how),
                                    &families, &opened)
           .ok()) {
    return 0;
  }
  const std::unique_ptr<rocksdb::DB> database(opened);
  const std::uint64_t last = database->GetLatestSequenceNumber();
  for (rocksdb::ColumnFamilyHandle* family : families) {
    database->DestroyColumnFamilyHandle(family);
  }
  return last;
}

/// A second name for each log file, in a folder beside the database. Says where they are.
std::string keep_logs(const fs::path& directory) {
  std::error_code failed;
  fs::path kept;
  for (int i = 1; kept.empty() || (fs::exists(kept, failed) && i < 1000); ++i) {
    kept = directory.string() + ".damaged-logs-" + std::to_string(i);
  }
  fs::create_directory(kept, failed);
  for (const auto& file : fs::directory_iterator(directory, failed)) {
    if (!failed && file.path().extension() == ".log") {
      fs::create_hard_link(file.path(), kept / file.path().filename(), failed);
    }
    if (failed) {
      break;
    }
  }
  return failed ? "the log as it was could not be kept: " + failed.message()
                : "the log as it was is kept in " + kept.string();
}

std::string missing(std::uint64_t recovered, std::optional<std::uint64_t> acknowledged) {
  if (!acknowledged || *acknowledged <= recovered) {
    return "";
  }
  return "it ends at write " + std::to_string(recovered) + ", and " +
         std::to_string(*acknowledged) +
         " had been acknowledged: " + std::to_string(*acknowledged - recovered) +
         " writes are missing; mail that was answered 250 may be lost";
}

Error could_not_open(const StoreOptions& options, const rocksdb::Status& status) {
  const Error why = explain(status);
  std::string advice;
  if (status.IsCorruption()) {
    advice =
        "; keep a copy of the directory, look at the disk, and restore a backup or repair the "
        "database (ldb repair)";
  } else if (status.IsNoSpace()) {
    advice = "; make room on that file system and start again";
  }
  return {why.code(),
          "opening the database in " + options.directory.string() + ": " + why.text() + advice};
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const StoreOptions& options,
                                                 std::optional<std::uint64_t> acknowledged) {
  std::error_code ignored;
  if (options.read_only && !fs::exists(options.directory / "CURRENT", ignored)) {
    return fail(Errc::not_found, "there is no database in " + options.directory.string());
  }
  if (!options.read_only) {
    fs::create_directory(options.directory, ignored);  // or RocksDB complains of a new one
  }
  std::unique_ptr<Database> database(new Database);
  if (!options.read_only) {
    database->log_space_ = std::make_unique<LogSpace>(options.directory);
  }
  const rocksdb::Status status =
      database->open_as(options, options.read_only ? WALRecoveryMode::kPointInTimeRecovery
                                                   : WALRecoveryMode::kAbsoluteConsistency);
  if (status.IsCorruption() && !options.read_only) {
    TRY_VOID(database->recover_damaged(options, status, acknowledged));
  } else if (!status.ok()) {
    return fail(could_not_open(options, status));
  } else if (!options.read_only) {
    database->compare(options, acknowledged);
  }
  return database;
}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    rocks_->DestroyColumnFamilyHandle(family);
  }
  if (rocks_) {
    rocks_->Close();
  }
}

rocksdb::Status Database::open_as(const StoreOptions& options, WALRecoveryMode mode) {
  rocksdb::DBOptions how = database_options(options);
  how.wal_recovery_mode = mode;
  how.listeners.push_back(background_errors_);
  if (log_space_) {
    how.env = &log_space_->env();
  }
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = families_to_open(options, how);
  const std::string path = options.directory.string();
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status =
      options.read_only ? rocksdb::DB::OpenForReadOnly(how, path, descriptors, &families_, &opened)
                        : rocksdb::DB::Open(how, path, descriptors, &families_, &opened);
  if (status.ok()) {
    rocks_.reset(opened);
  }
  return status;
}

Result<> Database::recover_damaged(const StoreOptions& options, const rocksdb::Status& damage,
                                   std::optional<std::uint64_t> acknowledged) {
  const bool is_harmless = acknowledged && intact_up_to(options) >= *acknowledged;
  const std::string kept = is_harmless ? "" : keep_logs(options.directory);
  const rocksdb::Status status =
      open_as(options, is_harmless ? WALRecoveryMode::kPointInTimeRecovery
                                   : WALRecoveryMode::kSkipAnyCorruptedRecords);
  if (!status.ok()) {
    return fail(could_not_open(options, status));
  }
  if (is_harmless) {
    log::info("an unfinished write at the end of the database's log was cut off", {});
    return {};
  }
  problem_ = "the log of the database in " + options.directory.string() + " is damaged (" +
             damage.ToString() + "): all of it that can be read was recovered; " + kept +
             "; look at the disk";
  if (const std::string lost = missing(rocks_->GetLatestSequenceNumber(), acknowledged);
      !lost.empty()) {
    problem_->append("; " + lost);
  }
  return {};
}

void Database::compare(const StoreOptions& options, std::optional<std::uint64_t> acknowledged) {
  const std::uint64_t recovered = rocks_->GetLatestSequenceNumber();
  const std::string start = "the database in " + options.directory.string() + ": ";
  if (!acknowledged && recovered > 0) {
    problem_ = start +
               "the file beside it that says how much had been acknowledged is missing or "
               "damaged, so that nobody can tell whether writes are missing";
  } else if (const std::string lost = missing(recovered, acknowledged); !lost.empty()) {
    problem_ = start + lost + "; look at the disk";
  }
}

Result<std::uint64_t> Database::last_event() const {
  const std::unique_ptr<rocksdb::Iterator> last(
      rocks_->NewIterator(rocksdb::ReadOptions(), family(Table::event)));
  last->SeekToLast();
  if (!last->status().ok()) {
    return fail(explain(last->status()).within("reading the end of the event log"));
  }
  const auto key = last->Valid() ? last->key() : rocksdb::Slice();
  return last->Valid() ? Reader(std::string_view(key.data(), key.size())).u64() : 0;
}

}  // namespace postrider::store
