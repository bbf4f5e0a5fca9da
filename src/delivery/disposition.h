// What we do about an attempt: the decision alone, without doing it.
//
// 2xx: delivered. 5xx, or no reply and no hope (null MX, no such domain, a loop): failed. Anything
// else is temporary: deferred until the schedule's next time, or expired at its end. A 5xx at the
// greeting refuses our address or our pace, not the recipient, and is temporary too.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "delivery/attempt.h"
#include "dns/mx.h"
#include "queue/retry_policy.h"

namespace postrider::delivery {

enum class Outcome : std::uint8_t { delivered, deferred, failed, expired };

struct Disposition {
  Outcome outcome = Outcome::deferred;
  Time due{};  ///< deferred: when it is tried again
};

Disposition decide(const Attempt& attempt, const queue::RetryPolicy& policy, Time now,
                   std::uint32_t random);

/// The enhanced status code that the reply has, or the one that its code amounts to.
std::string status_of(const Attempt& attempt);

/// The enhanced status code (RFC 3463; RFC 7505 for the null MX) where there is nowhere to go.
std::string status_of(dns::NoWay why);

}  // namespace postrider::delivery
