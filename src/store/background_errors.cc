#include "store/background_errors.h"

#include <utility>

#include "base/log.h"

namespace postrider::store {

void BackgroundErrors::listen(std::function<void()> heard) {
  const std::lock_guard lock(mutex_);
  heard_ = std::move(heard);
}

std::optional<rocksdb::Status> BackgroundErrors::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(first_, std::nullopt);
}

void BackgroundErrors::OnBackgroundError(rocksdb::BackgroundErrorReason reason,
                                         rocksdb::Status* status) {
  using rocksdb::BackgroundErrorReason;
  if (reason == BackgroundErrorReason::kWriteCallback ||
      reason == BackgroundErrorReason::kMemTable) {
    log_has_failed_ = true;  // the write that failed hears of the rest
    return;
  }
  const bool will_be_mended = status->severity() <= rocksdb::Status::Severity::kSoftError;
  if (will_be_mended && !status->IsNoSpace()) {
    log::warning("the database had trouble in the background and tries again",
                 {{"why", status->ToString()}});
    return;
  }
  const std::lock_guard lock(mutex_);
  if (!first_) {
    first_ = *status;
  }
  if (heard_) {
    heard_();
  }
}

void BackgroundErrors::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/,
                                            rocksdb::Status status, bool* by_itself) {
  if (status.IsNoSpace()) {
    *by_itself = false;
  }
}

}  // namespace postrider::store
