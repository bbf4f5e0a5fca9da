// Bulk mail that waits for its account's pause to end: it stays in the queue, is not tried, and
// expires like any other. One for each worker, which asks before it places a recipient.
//
// Thread: the worker's.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <vector>

#include "base/ids.h"
#include "directory/directory.h"
#include "queue/waiting.h"

namespace postrider::delivery {

class HeldMail {
 public:
  explicit HeldMail(const directory::Snapshot& directory) { look_at(directory); }

  /// Who is paused by now. Gives back what need not wait any longer.
  std::vector<queue::Waiting> look_at(const directory::Snapshot& directory);

  bool holds(const queue::Waiting& waiting) const {
    return waiting.is_bulk && paused_.contains(waiting.account);
  }
  void add(queue::Waiting waiting);
  std::vector<queue::Waiting> take(const std::function<bool(const queue::Waiting&)>& which);

  const std::vector<queue::Waiting>& all() const { return held_; }

 private:
  std::set<AccountId> paused_;
  std::vector<queue::Waiting> held_;
};

}  // namespace postrider::delivery
