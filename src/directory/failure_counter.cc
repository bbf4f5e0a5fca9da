#include "directory/failure_counter.h"

#include <cmath>

namespace postrider::directory {

FailureCounter::FailureCounter(FailureLimits limits)
    : limits_(limits), records_(limits.entries_max, 2 * limits.window) {}

bool FailureCounter::is_refused(const Digest& key, Time now) {
  const Record* record = records_.find(key, now);
  return record != nullptr && now < record->refused_until;
}

std::uint32_t FailureCounter::count(const Digest& key, Time now) {
  Record& record = records_.touch(key, now);
  const Duration age = now - record.began;
  if (age >= 2 * limits_.window) {
    record = {.began = now};
  } else if (age >= limits_.window) {
    record.began += limits_.window;
    record.before = std::exchange(record.present, 0);
  }
  ++record.present;
  const double covered = 1.0 - static_cast<double>((now - record.began).count()) /
                                   static_cast<double>(limits_.window.count());
  const auto total =
      record.present + static_cast<std::uint32_t>(std::lround(record.before * covered));
  if (total >= limits_.failures_max) {
    record = {.began = now, .refused_until = now + limits_.window};
  }
  return total;
}

}  // namespace postrider::directory
