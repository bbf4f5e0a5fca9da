// The last acknowledged sequence number of the database, in a file of its own beside it, so that a
// database that lost its tail can be told from one that never had it.
//
// Written after each commit (one pwrite of 12 bytes, no sync) and synced about once a second by a
// thread of its own: it may lag behind the database, and never delays a commit. Any thread may call
// set(); one at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/result.h"

namespace postrider::store {

/// The one of the database in `directory`: beside it and not in it, so that who puts an older copy
/// of the directory in place hears of it.
std::filesystem::path acknowledged_file(const std::filesystem::path& directory);

class AcknowledgedFile {
 public:
  /// Errc::unavailable in the system's words.
  static Result<std::unique_ptr<AcknowledgedFile>> open(const std::filesystem::path& file);
  ~AcknowledgedFile();
  AcknowledgedFile(const AcknowledgedFile&) = delete;
  AcknowledgedFile& operator=(const AcknowledgedFile&) = delete;

  /// What was in the file when it was opened; nothing if it was new or damaged.
  std::optional<std::uint64_t> found() const { return found_; }

  /// For a new database: from now on, that the file is missing means something.
  void begin();
  void set(std::uint64_t sequence);

 private:
  AcknowledgedFile(const std::filesystem::path& file, int descriptor,
                   std::optional<std::uint64_t> found);
  void sync_now_and_then();

  std::filesystem::path folder_;
  int descriptor_;
  std::optional<std::uint64_t> found_;
  std::atomic<bool> is_dirty_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace postrider::store
