#include "suppression/standing.h"

#include <algorithm>

namespace postrider::suppression {

std::vector<Change> standing(std::span<const Change> changes, Time now) {
  std::vector<Change> active;
  for (const Change& change : changes) {
    std::erase_if(active, [&](const Change& other) {
      return change.is_removal ? (change.reason == Reason::any || change.reason == other.reason) &&
                                     (change.scope.empty() || change.scope == other.scope)
                               : change.reason == other.reason && change.scope == other.scope;
    });
    if (!change.is_removal) {
      active.push_back(change);
    }
  }
  std::erase_if(active,
                [&](const Change& change) { return change.expires && *change.expires <= now; });
  return active;
}

bool is_covered(std::span<const Change> standing, const Change& change) {
  return std::ranges::any_of(standing, [&](const Change& one) {
    return one.reason == change.reason && one.scope == change.scope &&
           (!one.expires || (change.expires && *one.expires >= *change.expires));
  });
}

Time time_to_stand(std::span<const Change> changes, const Change& change, Time now) {
  if (change.expires && *change.expires <= now) {
    return change.time;  // it never will
  }
  std::vector<Change> all(changes.begin(), changes.end());
  all.insert(std::ranges::lower_bound(all, change.time, {}, &Change::time), change);
  const std::vector<Change> active = standing(all, now);
  return std::ranges::find(active, change) == active.end() ? now : change.time;
}

const Change* reason_against(std::span<const Change> standing, std::string_view stream) {
  const auto of_all = std::ranges::find_if(standing, &std::string::empty, &Change::scope);
  if (of_all != standing.end()) {
    return &*of_all;
  }
  const auto of_stream = std::ranges::find(standing, stream, &Change::scope);
  return of_stream == standing.end() ? nullptr : &*of_stream;
}

}  // namespace postrider::suppression
