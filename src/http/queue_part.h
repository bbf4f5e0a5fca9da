// What waits, as the queue's pages show it: of the relay that runs or, where none does, of the
// spool. Of a long queue a part, because pages are for people. Thread: the server's.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "delivery/dispatcher.h"
#include "http/control_api.h"

namespace postrider::http {

struct QueuePart {
  std::vector<delivery::QueueEntry> entries;  ///< in no order
  delivery::WorkerFigures figures;            ///< of all that waits
  bool is_cut = false;                        ///< not all that waits has been looked at
  Time now{};
};

/// Looks at `limit` recipients at most and gives those of `domain` (empty: all). `parts` outlives
/// the await.
boost::asio::awaitable<Result<QueuePart>> look_at_queue(const ControlParts& parts,
                                                        std::size_t limit, std::string domain);

}  // namespace postrider::http
