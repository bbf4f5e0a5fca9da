#include "queue/retry_policy.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/text.h"

namespace postrider::queue {
namespace {

Result<> validate(const RetryOptions& options) {
  if (options.waits.empty()) {
    return fail(Errc::invalid, "retry.waits is empty: give at least one wait, such as \"5m\"");
  }
  for (const Duration wait : options.waits) {
    if (wait < std::chrono::seconds(1)) {
      return fail(Errc::invalid, "retry.waits holds \"" + format_duration(wait) +
                                     "\": the shortest wait is \"1s\"");
    }
  }
  if (options.expire_after < options.waits.front()) {
    return fail(
        Errc::invalid,
        "retry.expire_after is shorter than the first of retry.waits: nothing would ever be "
        "tried twice");
  }
  if (options.jitter < 0 || options.jitter >= 1) {
    return fail(Errc::invalid, "retry.jitter is " + std::to_string(options.jitter) +
                                   ": it must be at least 0 and below 1");
  }
  return {};
}

/// Maps [0, 2^32) onto [1 - jitter, 1 + jitter).
double spread(double jitter, std::uint32_t random) {
  constexpr double kRange = 4294967296.0;
  return 1.0 - jitter + 2.0 * jitter * (random / kRange);
}

}  // namespace

RetryPolicy::RetryPolicy() = default;
RetryPolicy::RetryPolicy(RetryOptions options) : options_(std::move(options)) {}

Result<RetryPolicy> RetryPolicy::create(RetryOptions options) {
  TRY_VOID(validate(options));
  return RetryPolicy(std::move(options));
}

std::optional<Time> RetryPolicy::next_attempt(Time accepted, Time now, std::uint32_t failures,
                                              std::uint32_t random) const {
  assert(failures >= 1);
  const std::size_t step = std::min<std::size_t>(failures, options_.waits.size()) - 1;
  return attempt_after(options_.waits[step], accepted, now, random);
}

std::optional<Time> RetryPolicy::attempt_after(Duration wait, Time accepted, Time now,
                                               std::uint32_t random) const {
  const double spread_wait = static_cast<double>(wait.count()) * spread(options_.jitter, random);
  const Time due = now + Duration(static_cast<std::int64_t>(spread_wait));
  if (due >= expires(accepted)) {
    return std::nullopt;
  }
  return due;
}

Duration RetryPolicy::longest_wait() const {
  return at_most(std::ranges::max(options_.waits));
}

Duration RetryPolicy::at_most(Duration wait) const {
  const double most = static_cast<double>(wait.count()) * (1.0 + options_.jitter);
  return Duration(static_cast<std::int64_t>(most));
}

}  // namespace postrider::queue
