// Recipients that wait for a time: a binary heap by due time.
// One thread. The order of equal due times is not defined.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "queue/waiting.h"

namespace postrider::queue {

class ScheduledQueue {
 public:
  void add(Waiting waiting);

  /// The earliest due time; nothing if empty.
  std::optional<Time> next_due() const;
  /// Takes the earliest, if it is due at `now`.
  std::optional<Waiting> take_due(Time now);

  std::size_t size() const { return heap_.size(); }
  void for_each(const std::function<void(const Waiting&)>& look) const;
  /// Takes all out, in no order; for a routing that has changed.
  std::vector<Waiting> take_all();

 private:
  std::vector<Waiting> heap_;
};

}  // namespace postrider::queue
