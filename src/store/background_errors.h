// What goes wrong behind a flush or a compaction: RocksDB tells it on threads of its own, to nobody
// who waits for an answer. Included by the files that talk to RocksDB only.
//
// Any thread.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <rocksdb/listener.h>
#include <rocksdb/status.h>

#include "base/fault.h"

namespace postrider::store {

class BackgroundErrors final : public rocksdb::EventListener {
 public:
  /// `heard` is called, on a thread of RocksDB's, after each error that take() will give; it is not
  /// called any more once listen() has returned with another. May be empty.
  void listen(std::function<void()> heard);

  /// The first error that has not been taken yet: a full disk, or one that RocksDB does not mend by
  /// itself.
  std::optional<rocksdb::Status> take();

  /// Whether writing to the log itself, or beginning one, has ever failed.
  bool log_has_failed() const { return log_has_failed_; }

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;

  /// A full disk is looked after by the commit thread, once a second: RocksDB would look every 5
  /// seconds, and refuse to be asked meanwhile.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status status,
                            bool* by_itself) override;
  void OnFlushBegin(rocksdb::DB* /*db*/, const rocksdb::FlushJobInfo& /*job*/) override {
    fault_point("flush-begin");
  }
  void OnFlushCompleted(rocksdb::DB* /*db*/, const rocksdb::FlushJobInfo& /*job*/) override {
    fault_point("flush-end");
  }
  void OnCompactionBegin(rocksdb::DB* /*db*/, const rocksdb::CompactionJobInfo& /*job*/) override {
    fault_point("compaction-begin");
  }

 private:
  std::mutex mutex_;
  std::function<void()> heard_;
  std::optional<rocksdb::Status> first_;
  std::atomic<bool> log_has_failed_ = false;
};

}  // namespace postrider::store
