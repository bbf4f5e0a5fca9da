// What we do about an attempt: the decision alone, without doing it.
//
// 2xx: delivered. An address that no mail goes to: suppressed. Otherwise what the words mean
// decides (bounce/classifier.h), and not the first digit of the code alone:
//   - a wrong address is one, also behind a 4xx: failed;
//   - a 5xx that passes (a full mailbox, a limit) is tried again, three times within 48 hours;
//   - a 4xx that no attempt helps against before our set-up is mended is tried hourly;
//   - no reply and no hope (null MX, no such domain, a loop): failed;
//   - whatever refuses the connection refuses our address or our pace, not the recipient, and is
//     temporary;
//   - what nobody knows is judged by its code.
// Temporary: deferred until the schedule's next time, or expired at its end.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "bounce/classifier.h"
#include "delivery/attempt.h"
#include "dns/mx.h"
#include "queue/retry_policy.h"

namespace postrider::delivery {

enum class Outcome : std::uint8_t { delivered, deferred, failed, expired, suppressed };

struct Disposition {
  Outcome outcome = Outcome::deferred;
  Time due{};                  ///< deferred: when it is tried again
  bool is_later = false;       ///< deferred although the code says that it is final
  bool needs_mending = false;  ///< deferred, and somebody has to mend our set-up first
};

/// `verdict`: of judge() (delivery/judgement.h); of a 2xx it isn't looked at.
Disposition decide(const Attempt& attempt, const bounce::Verdict& verdict,
                   const queue::RetryPolicy& policy, Time now, std::uint32_t random);

/// No failure of decide()'s has `waiting` wait longer before its next attempt.
Duration longest_wait(const queue::Waiting& waiting, const queue::RetryPolicy& policy);

/// The enhanced status code that the reply has, or the one that its code amounts to.
std::string status_of(const Attempt& attempt);

/// The enhanced status code (RFC 3463; RFC 7505 for the null MX) where there is nowhere to go.
std::string status_of(dns::NoWay why);

}  // namespace postrider::delivery
