#include "webhook/retry.h"

#include <algorithm>

namespace postrider::webhook {

using namespace std::chrono_literals;

namespace {

constexpr Duration kMailjetWait = 30s;
constexpr Duration kMailjetLimit = 24h;
constexpr Duration kFirstWait = 5s;
constexpr Duration kLongestWait = 30min;
constexpr Duration kLimit = 72h;
constexpr double kSpread = 0.2;

Duration plain_wait(directory::WebhookFormat format, std::uint64_t failures) {
  if (format != directory::WebhookFormat::native) {
    return kMailjetWait;
  }
  const std::uint64_t doublings =
      std::min<std::uint64_t>(std::max<std::uint64_t>(failures, 1) - 1, 20);
  return std::min(kFirstWait * (std::int64_t{1} << doublings), kLongestWait);
}

}  // namespace

std::optional<Duration> next_try(directory::WebhookFormat format, std::uint64_t failures,
                                 Duration failing_for, std::uint32_t random) {
  const Duration limit = format == directory::WebhookFormat::native ? kLimit : kMailjetLimit;
  if (failing_for >= limit) {
    return std::nullopt;
  }
  const double share = 1 - kSpread + 2 * kSpread * (static_cast<double>(random) / 4294967296.0);
  const auto wait = static_cast<double>(plain_wait(format, failures).count()) * share;
  return Duration(static_cast<std::int64_t>(wait));
}

}  // namespace postrider::webhook
