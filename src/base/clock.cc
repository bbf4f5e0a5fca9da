#include "base/clock.h"

#include <utility>

namespace postrider {

Time ManualClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_ + set_;
}

Time ManualClock::steady_now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::optional<Duration> ManualClock::real_wait(Time due) const {
  return due <= steady_now() ? std::optional(Duration(0)) : std::nullopt;
}

void ManualClock::on_jump(std::function<void()> jumped) {
  const std::lock_guard lock(mutex_);
  jumped_.push_back(std::move(jumped));
}

void ManualClock::set(Duration by) {
  const std::lock_guard lock(mutex_);
  set_ += by;
}

void ManualClock::advance(Duration by) {
  std::vector<std::function<void()>> hear;
  {
    const std::lock_guard lock(mutex_);
    now_ += by;
    hear = jumped_;
  }
  for (const auto& jumped : hear) {
    jumped();
  }
}

}  // namespace postrider
