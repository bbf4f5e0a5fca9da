#include "delivery/destination_cache.h"

#include <utility>

namespace postrider::delivery {

using Steady = std::chrono::steady_clock;

namespace {

constexpr std::chrono::minutes kKnownFor{5};  // found by MX
constexpr std::size_t kKnownMost = 100'000;

}  // namespace

DestinationPtr DestinationCache::find(const Options& options, const queue::Waiting& waiting) {
  std::string account;
  if (!options.account_routes.empty()) {
    const auto snapshot = directory_.snapshot();
    const directory::Account* found = snapshot->account(waiting.account);
    account = found == nullptr ? "" : found->name;
  }
  const auto known = known_.find(waiting.domain);
  if (const Route* route = find_route(options, waiting.domain, account)) {
    if (!account.empty()) {
      return destination_by_route(options, waiting.domain, *route);
    }
    if (known != known_.end()) {
      return known->second.destination;  // a route does not change before the options do
    }
    auto made = destination_by_route(options, waiting.domain, *route);
    remember(waiting.domain, {.destination = made, .until = Steady::time_point::max()});
    return made;
  }
  if (known != known_.end() && known->second.until > Steady::now()) {
    return known->second.destination;
  }
  return nullptr;
}

void DestinationCache::add_found(const std::string& domain, DestinationPtr destination) {
  remember(domain, {.destination = std::move(destination), .until = Steady::now() + kKnownFor});
}

void DestinationCache::remember(const std::string& domain, Known known) {
  if (known_.size() >= kKnownMost) {
    known_.clear();
  }
  known_[domain] = std::move(known);
}

}  // namespace postrider::delivery
