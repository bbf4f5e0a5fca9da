// Who may ask at the moment: so many at a time, the others in the order in which they came. More at
// once would wait inside libunbound, where their time runs. Private to dns/.
//
// Any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace postrider::dns {

class Turns {
 public:
  /// Tells somebody that it is their turn; false: they are no longer there.
  using Call = std::function<bool()>;

  explicit Turns(std::size_t most) : free_(most) {}

  /// True: at once. False: `call` is called, on some thread, when the time has come.
  bool take(Call call) {
    const std::lock_guard lock(mutex_);
    if (free_ > 0) {
      --free_;
      return true;
    }
    waiting_.push_back(std::move(call));
    return false;
  }

  /// Of everybody who had a turn, once.
  void give_back() {
    while (const Call next = pop()) {
      if (next()) {
        return;
      }
    }
  }

 private:
  /// Empty, after which the turn is free, if nobody waits.
  Call pop() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      ++free_;
      return {};
    }
    Call next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }

  std::mutex mutex_;
  std::size_t free_;
  std::deque<Call> waiting_;
};

}  // namespace postrider::dns
