// The one thread that writes: drains what has queued, writes it as one batch, syncs once, answers
// everybody; and what it does when storage fails (store.h).
//
// On a full disk promises are refused and notes are held, in their order; once a second it looks
// whether there is room again, and then goes on by itself, or latches if only a new start can.
// Anything else that fails latches it for good.
//
// Included by the store only: knows RocksDB. Threads: as store.h says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "store/store.h"

namespace postrider::store {

class AcknowledgedFile;
class Database;

class CommitThread {
 public:
  /// All three outlive it. `last_sequence`: of the event log as it was found.
  CommitThread(Database& database, AcknowledgedFile& acknowledged, const StoreOptions& options,
               std::uint64_t last_sequence);
  ~CommitThread();  ///< commits what is queued, if it was started

  void start(std::function<void(const Error&)> on_latched);
  void submit(std::vector<Store::Request>& requests);

  std::uint64_t last_sequence() const;
  bool has_room(std::uint64_t bytes) const;
  bool takes_writes() const;
  StoreFigures figures() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::store
