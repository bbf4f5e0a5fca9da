// Inner part of net: users see stream.h. A limit in time on one kind of wait of a connection.
//
// Setting it is one store. The timer is armed once and, when it fires early because the deadline
// has moved on, arms itself again: one timer operation a limit, not one a read.
//
// Thread: the executor's.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/deadline.h"

namespace postrider::net {

class Limit {
 public:
  /// `passed` is called when a deadline passes, unless it was cleared before.
  Limit(const boost::asio::any_io_executor& executor, std::function<void()> passed)
      : timer_(executor), passed_(std::move(passed)) {}

  /// `owner` owns this limit, by a shared_ptr: the timer's handler does nothing once it is gone.
  /// Deadline::max(): no limit.
  template <class Owner>
  void set(Deadline deadline, Owner& owner) {
    due_ = deadline;
    has_passed_ = false;
    if (due_ != Deadline::max() && (!is_armed_ || due_ < timer_.expiry())) {
      arm(owner.weak_from_this());
    }
  }
  void clear() { due_ = Deadline::max(); }
  bool has_passed() const { return has_passed_; }

  /// Clears it, and lets go of the timer.
  void cancel() {
    clear();
    timer_.cancel();
    is_armed_ = false;
  }

 private:
  void arm(std::weak_ptr<void> owner) {
    is_armed_ = true;
    timer_.expires_at(due_);  // cancels the wait before, if any
    timer_.async_wait(
        [this, owner = std::move(owner)](boost::system::error_code cancelled) mutable {
          if (const auto alive = owner.lock(); alive && !cancelled) {
            fired(std::move(owner));
          }
        });
  }

  void fired(std::weak_ptr<void> owner) {
    is_armed_ = false;
    if (due_ == Deadline::max()) {
      return;
    }
    if (std::chrono::steady_clock::now() < due_) {
      arm(std::move(owner));
      return;
    }
    has_passed_ = true;
    due_ = Deadline::max();
    passed_();
  }

  boost::asio::steady_timer timer_;
  std::function<void()> passed_;
  Deadline due_ = Deadline::max();
  bool is_armed_ = false;
  bool has_passed_ = false;
};

}  // namespace postrider::net
