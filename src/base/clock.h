// Where time comes from. Whatever schedules, shapes, backs off or expires is handed a Clock, so
// that a test crosses five days in a second and no test ever sleeps.
//
// Times are wall times in milliseconds, because a due time outlives the process that set it.
// Network deadlines are not taken from here: they are real (net/deadline.h).
//
// Any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace postrider {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;

  /// How long a timer must really run to reach `due`; nothing if only a jump can get there. May be
  /// shorter than that: whoever wakes looks at now() again.
  virtual std::optional<Duration> real_wait(Time due) const = 0;

  /// `jumped` is called (on the thread that moves the clock) after each jump, for the clock's life.
  virtual void on_jump(std::function<void()> jumped) = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
  }
  std::optional<Duration> real_wait(Time due) const override {
    return std::clamp(due - now(), Duration(0), kLongestWait);
  }
  void on_jump(std::function<void()> /*jumped*/) override {}

  /// Nobody tells us when the machine's clock is set or the machine has slept: what has come due by
  /// that is seen this much later at most.
  static constexpr Duration kLongestWait = std::chrono::seconds(30);
};

/// Stands still until it is told to move.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start) : now_(start) {}

  Time now() const override;
  std::optional<Duration> real_wait(Time due) const override;
  void on_jump(std::function<void()> jumped) override;

  void advance(Duration by);

 private:
  mutable std::mutex mutex_;
  Time now_;
  std::vector<std::function<void()>> jumped_;
};

}  // namespace postrider
