// Opening the database, and what to do where its write-ahead log is not as it was left. Included by
// the files that talk to RocksDB only.
//
// The log is read strictly first. Where that fails, the database is looked at without being
// changed.
//
// If all that was acknowledged (AcknowledgedFile) lies in front of the damage, this is an
// unfinished write, as a power cut leaves it: it is cut off, in silence. Otherwise it is an alarm:
// the log files are kept beside the database (hard links), and everything is recovered that can be
// read, also behind the damage: what was accepted is delivered.
//
// One thread opens; then as RocksDB has it: any.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <rocksdb/db.h>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/background_errors.h"
#include "store/log_space.h"
#include "store/step.h"
#include "store/store.h"

namespace postrider::store {

class Database {
 public:
  /// `acknowledged`: nothing if it is not known. Errors as Store::open().
  static Result<std::unique_ptr<Database>> open(const StoreOptions& options,
                                                std::optional<std::uint64_t> acknowledged);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& rocks() const { return *rocks_; }
  /// Null where a reader looks at a database from before the table was: there is nothing in it.
  rocksdb::ColumnFamilyHandle* family(Table table) const {
    const std::size_t place = static_cast<std::size_t>(table) + 1;  // 0 is "default"
    return place < families_.size() ? families_[place] : nullptr;
  }
  BackgroundErrors& background_errors() const { return *background_errors_; }
  /// Of a database that is written.
  const LogSpace& log_space() const { return *log_space_; }

  /// The number of the last event; 0 if there is none.
  Result<std::uint64_t> last_event() const;

  /// Set if acknowledged writes are missing, or if that can't be told: for people to read.
  const std::optional<std::string>& problem() const { return problem_; }

 private:
  Database() = default;
  rocksdb::Status open_as(const StoreOptions& options, rocksdb::WALRecoveryMode mode);
  Result<> recover_damaged(const StoreOptions& options, const rocksdb::Status& damage,
                           std::optional<std::uint64_t> acknowledged);
  void compare(const StoreOptions& options, std::optional<std::uint64_t> acknowledged);

  std::shared_ptr<BackgroundErrors> background_errors_ = std::make_shared<BackgroundErrors>();
  std::unique_ptr<LogSpace> log_space_;  // outlives what is opened with it
  std::unique_ptr<rocksdb::DB> rocks_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::optional<std::string> problem_;
};

}  // namespace postrider::store
