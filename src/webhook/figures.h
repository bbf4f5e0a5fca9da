// What an active endpoint says of itself, for people and metrics. Values; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/ids.h"

namespace postrider::webhook {

struct EndpointFigures {
  WebhookId id;
  std::uint64_t next = 0;
  std::uint64_t lag = 0;       ///< events of the log that it has not taken or passed over
  std::uint64_t requests = 0;  ///< since the start
  std::uint64_t failures = 0;  ///< of these
  std::uint64_t events = 0;    ///< taken, since the start
  Time failing_since{};        ///< 0: it doesn't
  std::string problem;
};

}  // namespace postrider::webhook
