#include "store/log_space.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace postrider::store {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::uint64_t kAhead = 8 << 20;

/// With the heads of RocksDB's log: 7 bytes for each record and each 32 KiB of it.
std::uint64_t as_logged(std::uint64_t bytes) {
  return bytes + bytes / 1024 + (64 << 10);
}

}  // namespace

/// What the database's files and take() share.
class LogSpace::Logs : public std::enable_shared_from_this<Logs> {
 public:
  explicit Logs(std::string directory)
      : directory_(std::move(directory)), next_(directory_ + "/next-log") {
    std::error_code ignored;
    std::filesystem::remove(next_, ignored);  // of the process before; a full disk may need it
  }

  rocksdb::FileSystem& disk() const { return *disk_; }
  bool is_log(std::string_view file) const;
  IOStatus begin(const std::string& file, const FileOptions& options,
                 std::unique_ptr<FSWritableFile>& begun, IODebugContext* debug);
  void forget(const Log& log);
  bool take(std::uint64_t bytes);

 private:
  bool allocate_ahead(std::uint64_t bytes);
  bool prepare_next(std::uint64_t bytes);
  bool allocate(FSWritableFile& file, std::uint64_t from, std::uint64_t bytes);

  const std::shared_ptr<rocksdb::FileSystem> disk_ = rocksdb::FileSystem::Default();
  const std::string directory_;
  const std::string next_;

  std::mutex mutex_;
  Log* current_ = nullptr;
  std::uint64_t next_bytes_ = 0;  // 0: it is not there
  bool can_allocate_ = true;
};

class LogSpace::Log final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  Log(std::unique_ptr<FSWritableFile>&& file, std::shared_ptr<Logs> logs, std::uint64_t allocated)
      : FSWritableFileOwnerWrapper(std::move(file)),
        allocated_to(allocated),
        logs_(std::move(logs)) {}
  ~Log() override { logs_->forget(*this); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    written_.fetch_add(data.size(), std::memory_order_relaxed);
    return target()->Append(data, options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& sums, IODebugContext* debug) override {
    written_.fetch_add(data.size(), std::memory_order_relaxed);
    return target()->Append(data, options, sums, debug);
  }
  std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }

  std::uint64_t allocated_to;  // of Logs, under its lock

 private:
  std::shared_ptr<Logs> logs_;
  std::atomic<std::uint64_t> written_ = 0;
};

class LogSpace::Files final : public rocksdb::FileSystemWrapper {
 public:
  explicit Files(std::shared_ptr<Logs> logs)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), logs_(std::move(logs)) {}
  const char* Name() const override { return "LogSpace"; }

  IOStatus NewWritableFile(const std::string& file, const FileOptions& options,
                           std::unique_ptr<FSWritableFile>* made, IODebugContext* debug) override {
    return logs_->is_log(file) ? logs_->begin(file, options, *made, debug)
                               : target()->NewWritableFile(file, options, made, debug);
  }

 private:
  std::shared_ptr<Logs> logs_;
};

/// Not one of a checkpoint, which RocksDB writes somewhere else.
bool LogSpace::Logs::is_log(std::string_view file) const {
  constexpr std::string_view kEnd = ".log";
  if (!file.starts_with(directory_ + "/") || !file.ends_with(kEnd)) {
    return false;
  }
  file.remove_prefix(directory_.size() + 1);
  file.remove_suffix(kEnd.size());
  return std::ranges::all_of(file, is_digit);
}

/// The prepared file becomes the log: it gets its name, and its blocks are there already.
IOStatus LogSpace::Logs::begin(const std::string& file, const FileOptions& options,
                               std::unique_ptr<FSWritableFile>& begun, IODebugContext* debug) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t prepared = std::exchange(next_bytes_, 0);
  std::unique_ptr<FSWritableFile> opened;
  const bool is_prepared =
      prepared > 0 && disk_->ReuseWritableFile(file, next_, options, &opened, debug).ok();
  IOStatus status =
      is_prepared ? IOStatus::OK() : disk_->NewWritableFile(file, options, &opened, debug);
  if (status.ok()) {
    auto log =
        std::make_unique<Log>(std::move(opened), shared_from_this(), is_prepared ? prepared : 0);
    current_ = log.get();
    begun = std::move(log);
  }
  return status;
}

void LogSpace::Logs::forget(const Log& log) {
  const std::lock_guard lock(mutex_);
  if (current_ == &log) {
    current_ = nullptr;
  }
}

bool LogSpace::Logs::take(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t wanted = as_logged(bytes);
  return !can_allocate_ || (allocate_ahead(wanted) && prepare_next(wanted));
}

bool LogSpace::Logs::allocate_ahead(std::uint64_t bytes) {
  if (current_ == nullptr) {
    return true;
  }
  const std::uint64_t written = current_->written();
  if (written + bytes <= current_->allocated_to) {
    return true;
  }
  const std::uint64_t from = std::max(written, current_->allocated_to);
  const std::uint64_t to = written + std::max(bytes, kAhead);
  if (!allocate(*current_, from, to - from)) {
    return false;
  }
  current_->allocated_to = to;
  return true;
}

bool LogSpace::Logs::prepare_next(std::uint64_t bytes) {
  if (next_bytes_ >= bytes || !can_allocate_) {
    return true;
  }
  const std::uint64_t size = std::max(bytes, kAhead);
  std::unique_ptr<FSWritableFile> next;
  next_bytes_ = 0;
  const IOStatus made = disk_->NewWritableFile(next_, FileOptions(), &next, nullptr);
  if (!made.ok()) {
    return !made.IsNoSpace();
  }
  const bool has_room = allocate(*next, 0, size);
  (void)next->Close(IOOptions(), nullptr);
  next_bytes_ = has_room && can_allocate_ ? size : 0;
  return has_room;
}

/// False: the disk is full. A file system that can't do it is not asked again.
bool LogSpace::Logs::allocate(FSWritableFile& file, std::uint64_t from, std::uint64_t bytes) {
  const IOStatus status = file.Allocate(from, bytes, IOOptions(), nullptr);
  can_allocate_ = status.ok() || status.IsNoSpace();
  return !status.IsNoSpace();
}

LogSpace::LogSpace(const std::filesystem::path& directory)
    : logs_(std::make_shared<Logs>(directory.string())),
      env_(rocksdb::NewCompositeEnv(std::make_shared<Files>(logs_))) {}
LogSpace::~LogSpace() = default;

rocksdb::Env& LogSpace::env() const {
  return *env_;
}

bool LogSpace::take(std::uint64_t bytes) const {
  return logs_->take(bytes);
}

}  // namespace postrider::store
