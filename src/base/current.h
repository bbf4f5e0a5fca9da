// A value that is replaced as a whole while others read it: settings, rules. Whoever reads keeps
// what it got for as long as it needs it. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace postrider {

template <class T>
class Current {
 public:
  /// Null before the first set().
  std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void set(T value) {
    auto made = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(mutex_);  // given back before what was there before dies
    value_.swap(made);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace postrider
