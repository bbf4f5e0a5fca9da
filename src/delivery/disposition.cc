#include "delivery/disposition.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace postrider::delivery {

namespace {

using bounce::Kind;
using bounce::Retry;

/// Minutes, then hours, then the next day: what a limit or a full mailbox needs.
constexpr std::array<Duration, 3> kLaterWaits{std::chrono::minutes(30), std::chrono::hours(4),
                                              std::chrono::hours(24)};
constexpr std::chrono::hours kLaterLongest{48};
constexpr std::chrono::hours kUntilMended{1};

Disposition wait_until(const std::optional<Time>& due) {
  return due ? Disposition{.outcome = Outcome::deferred, .due = *due}
             : Disposition{.outcome = Outcome::expired};
}

/// Final by its code, and worth a few tries all the same.
Disposition decide_later(const queue::Waiting& waiting, const queue::RetryPolicy& policy, Time now,
                         std::uint32_t random) {
  const Disposition failed{.outcome = Outcome::failed};
  if (waiting.laters >= kLaterWaits.size()) {
    return failed;
  }
  const auto due = policy.attempt_after(kLaterWaits[waiting.laters], waiting.accepted, now, random);
  if (!due || *due >= waiting.accepted + kLaterLongest) {
    return failed;
  }
  return {.outcome = Outcome::deferred, .due = *due, .is_later = true};
}

/// What the peer said of the recipient or the message. Nothing: to be tried by the schedule.
std::optional<Disposition> decide_by_words(const Attempt& attempt, const bounce::Verdict& verdict,
                                           const queue::RetryPolicy& policy, Time now,
                                           std::uint32_t random) {
  if (verdict.retry == Retry::yes) {
    return std::nullopt;
  }
  const queue::Waiting& waiting = attempt.waiting;
  if (verdict.retry == Retry::later) {
    return decide_later(waiting, policy, now, random);
  }
  if (attempt.reply.is_permanent() || verdict.kind == Kind::hard) {
    return Disposition{.outcome = Outcome::failed};
  }
  if (verdict.kind != Kind::block) {
    return std::nullopt;
  }
  Disposition mending =
      wait_until(policy.attempt_after(kUntilMended, waiting.accepted, now, random));
  mending.needs_mending = mending.outcome == Outcome::deferred;
  return mending;
}

}  // namespace

Disposition decide(const Attempt& attempt, const bounce::Verdict& verdict,
                   const queue::RetryPolicy& policy, Time now, std::uint32_t random) {
  const smtp::Reply& reply = attempt.reply;
  if (attempt.is_suppressed) {
    return {.outcome = Outcome::suppressed};
  }
  if (reply.code >= 200 && reply.code < 300) {
    return {.outcome = Outcome::delivered};
  }
  if (reply.code == 0 && attempt.is_final) {
    return {.outcome = Outcome::failed};
  }
  if (reply.code >= 400 && !attempt.is_of_connection) {
    if (const auto decided = decide_by_words(attempt, verdict, policy, now, random)) {
      return *decided;
    }
  }
  return wait_until(
      policy.next_attempt(attempt.waiting.accepted, now, attempt.waiting.attempts + 1, random));
}

Duration longest_wait(const queue::Waiting& waiting, const queue::RetryPolicy& policy) {
  Duration longest = std::max(policy.longest_wait(), policy.at_most(kUntilMended));
  if (waiting.laters > 0) {
    const std::size_t last = std::min<std::size_t>(waiting.laters, kLaterWaits.size()) - 1;
    longest = std::max(longest, policy.at_most(kLaterWaits.at(last)));
  }
  return longest;
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
