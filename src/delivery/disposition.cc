#include "delivery/disposition.h"

namespace postrider::delivery {

Disposition decide(const Attempt& attempt, const queue::RetryPolicy& policy, Time now,
                   std::uint32_t random) {
  const smtp::Reply& reply = attempt.reply;
  if (reply.code >= 200 && reply.code < 300) {
    return {.outcome = Outcome::delivered};
  }
  const bool refused = reply.is_permanent() && !attempt.is_of_connection;
  if (refused || (reply.code == 0 && attempt.is_final)) {
    return {.outcome = Outcome::failed};
  }
  const auto due =
      policy.next_attempt(attempt.waiting.accepted, now, attempt.waiting.attempts + 1, random);
  if (!due) {
    return {.outcome = Outcome::expired};
  }
  return {.outcome = Outcome::deferred, .due = *due};
}

std::string status_of(dns::NoWay why) {
  switch (why) {
    case dns::NoWay::no_answer:
      return "4.4.3";
    case dns::NoWay::no_such_domain:
      return "5.1.2";
    case dns::NoWay::takes_no_mail:
      return "5.1.10";
    case dns::NoWay::loop:
      return "5.4.6";
    case dns::NoWay::not_public:
      return "5.4.4";
  }
  return "5.0.0";
}

std::string status_of(const Attempt& attempt) {
  if (!attempt.reply.enhanced.empty()) {
    return attempt.reply.enhanced;
  }
  if (attempt.reply.code >= 200 && attempt.reply.code < 300) {
    return "2.0.0";
  }
  const bool refused = attempt.reply.is_permanent() && !attempt.is_of_connection;
  return refused || attempt.is_final ? "5.0.0" : "4.0.0";
}

}  // namespace postrider::delivery
