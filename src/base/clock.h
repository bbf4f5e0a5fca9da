// Where time comes from. Whatever schedules, shapes, backs off or expires is handed a Clock, so
// that a test crosses five days in a second and no test ever sleeps.
//
// Times are wall times in milliseconds, because a due time outlives the process that set it. The
// wall clock may be set, by a day or by fifty years, and then tells nothing of how long somebody
// has waited: that is counted in steady time, which is the wall time as it would be had nobody set
// the clock since the process began. Network deadlines are not taken from here: they are real
// (net/deadline.h).
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
  virtual Time steady_now() const = 0;

  /// The steady time that belongs to a wall time, as the wall clock stands now, and the reverse.
  Time to_steady(Time wall) const { return wall - (now() - steady_now()); }
  Time to_wall(Time steady) const { return steady + (now() - steady_now()); }

  /// How long a timer must really run to reach `due`, which is steady; nothing if only a jump can
  /// get there. May be shorter than that: whoever wakes looks at the clock again.
  virtual std::optional<Duration> real_wait(Time due) const = 0;

  /// `jumped` is called (on the thread that moves the clock) after each jump, for the clock's life.
  virtual void on_jump(std::function<void()> jumped) = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
  }
  Time steady_now() const override {
    const auto passed = std::chrono::steady_clock::now() - began_;
    return began_at_ + std::chrono::floor<Duration>(passed);
  }
  std::optional<Duration> real_wait(Time due) const override {
    return std::max(due - steady_now(), Duration(0));
  }
  void on_jump(std::function<void()> /*jumped*/) override {}

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  Time began_at_ = now();
};

/// Stands still until it is told to move.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start) : now_(start) {}

  Time now() const override;
  Time steady_now() const override;
  std::optional<Duration> real_wait(Time due) const override;
  void on_jump(std::function<void()> jumped) override;

  /// Time passes.
  void advance(Duration by);
  /// Somebody sets the clock, forwards or back: no time passes, and nobody is told.
  void set(Duration by);

 private:
  mutable std::mutex mutex_;
  Time now_;         // steady
  Duration set_{0};  // what the wall clock has been set by
  std::vector<std::function<void()>> jumped_;
};

}  // namespace postrider
