// Who writes down what became of an attempt. Delivery tells; the relay (relay/outcome_recorder.h)
// changes the spool, appends the event and sends the report.
#pragma once

#include <cstddef>
#include <optional>

#include "delivery/attempt.h"

namespace postrider::delivery {

class Recorder {
 public:
  virtual ~Recorder() = default;

  /// Called on io thread `thread`. Returns the recipient if it waits again (its due time set): the
  /// attempt was deferred, or can't be written down for the moment. A damaged message is set
  /// aside, and so is one that defects of ours have kept from being tried three times.
  virtual std::optional<queue::Waiting> record(std::size_t thread, Attempt attempt) = 0;

  /// False while nothing can be written down, because the disk is full: what was sent now would be
  /// sent again after a crash. No attempt is begun then. Any thread.
  virtual bool can_record() const = 0;
};

}  // namespace postrider::delivery
