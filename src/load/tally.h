// What a counting receiver has counted. Any thread.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "load/counter.h"
#include "load/counting_server.h"
#include "load/log_file.h"
#include "smtp/transaction.h"

namespace postrider::load {

class Tally {
 public:
  /// `log` outlives it; null: none.
  explicit Tally(LogFile* log) : log_(log) {}

  /// Takes note of one message, before its sender is told that it was taken.
  void take(const smtp::Envelope& envelope, std::string_view content, Micros now);
  void add_session();

  CountingFigures figures() const;

 private:
  void take_recipient(const mail::Address& address, const std::optional<LoadMessage>& made_for,
                      Micros now);

  LogFile* log_;
  mutable std::mutex mutex_;  // what follows
  Counter counter_;
  CountingFigures figures_;  // but for its runs
  std::string lines_;        // kept for its memory
};

}  // namespace postrider::load
