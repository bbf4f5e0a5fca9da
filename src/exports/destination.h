// Where an export takes its events. Thread: the export's own, where nothing else is said.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "events/event.h"

namespace postrider::exports {

class Destination {
 public:
  virtual ~Destination() = default;

  /// Returns when the other end has these for good; blocks. They are in order; there may be none.
  /// After an error it is called again with the same ones, perhaps with more behind them.
  virtual Result<> deliver(std::span<const events::Event* const> events) = 0;

  /// From time to time while there is nothing to do.
  virtual Result<> idle() { return {}; }
  /// What comes next may have come before.
  virtual void begin_again() {}
  /// Any thread: deliver() is to return now, with whatever error.
  virtual void stop_waiting() {}
};

}  // namespace postrider::exports
