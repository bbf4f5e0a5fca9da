// When a request that failed is made again, and when the endpoint is given up.
//
// Mailjet's formats: every 30 s for 24 h after the first failure, as Mailjet's own. Native: 5 s,
// doubled with each failure to 30 min at most, for 72 h. A wait is spread evenly over a fifth of
// itself to both sides, so that endpoints that failed together do not come back together.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "directory/webhook.h"

namespace postrider::webhook {

/// How long to wait after failure number `failures` (1: the first) of a row that began
/// `failing_for` ago. Nothing: the endpoint has had its time. `random` is uniform in [0, 2^32).
std::optional<Duration> next_try(directory::WebhookFormat format, std::uint64_t failures,
                                 Duration failing_for, std::uint32_t random);

}  // namespace postrider::webhook
