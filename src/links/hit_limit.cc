#include "links/hit_limit.h"

#include <algorithm>
#include <functional>

namespace postrider::links {
namespace {

// As many recipients as a message may have, unless a listener allows more.
constexpr std::uint32_t kSharers = 1000;

}  // namespace

HitLimit::HitLimit(std::uint32_t most, Duration over)
    : most_(most), over_(over), sets_(most > 0 ? kSets : 0) {}

bool HitLimit::take(std::string_view path, bool shared, Time now) {
  if (most_ == 0) {
    return true;
  }
  const std::uint64_t token = std::max<std::uint64_t>(1, std::hash<std::string_view>()(path));
  const std::uint64_t most = std::uint64_t{most_} * (shared ? kSharers : 1);
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entry_of(token, now);
    if (entry.count < most) {
      ++entry.count;
      return true;
    }
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

/// Its own, begun anew where its time is over, or in the place of who counts least.
HitLimit::Entry& HitLimit::entry_of(std::uint64_t token, Time now) {
  Set& set = sets_[token % kSets];
  const auto is_over = [&](const Entry& one) {
    return now - one.since >= over_ || now < one.since;
  };
  auto found = std::ranges::find(set, token, &Entry::token);
  if (found == set.end()) {
    found = std::ranges::min_element(
        set, {}, [&](const Entry& one) { return is_over(one) ? 0 : one.count; });
    *found = {.token = token, .since = now, .count = 0};
  } else if (is_over(*found)) {
    *found = {.token = token, .since = now, .count = 0};
  }
  return *found;
}

}  // namespace postrider::links
