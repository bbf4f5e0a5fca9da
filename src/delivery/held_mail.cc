#include "delivery/held_mail.h"

#include <algorithm>
#include <utility>

namespace postrider::delivery {

std::vector<queue::Waiting> HeldMail::look_at(const directory::Snapshot& directory) {
  paused_.clear();
  for (const directory::Account* account : directory.accounts()) {
    if (account->bulk_pause.is_paused) {
      paused_.insert(account->id);
    }
  }
  return take([this](const queue::Waiting& waiting) { return !holds(waiting); });
}

void HeldMail::add(queue::Waiting waiting) {
  waiting.fresh.reset();  // memory is for those that are about to be tried
  held_.push_back(std::move(waiting));
}

std::vector<queue::Waiting> HeldMail::take(
    const std::function<bool(const queue::Waiting&)>& which) {
  if (std::ranges::none_of(held_, which)) {
    return {};
  }
  std::vector<queue::Waiting> taken;
  for (queue::Waiting& waiting : std::exchange(held_, {})) {
    (which(waiting) ? taken : held_).push_back(std::move(waiting));
  }
  return taken;
}

}  // namespace postrider::delivery
