// Something that one coroutine waits for and another part of the same thread brings about.
//
//   event.set();
//   const bool came = co_await event.wait(deadline);
//
// It can be set any number of times, before or while somebody waits; wait() takes it back, so that
// it can be set again.
//
// One thread; one waiter at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/deadline.h"

namespace postrider::net {

class Event {
 public:
  explicit Event(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  void set() {
    is_set_ = true;
    timer_.cancel();
  }

  /// False: the deadline passed first, or the waiter was cancelled.
  boost::asio::awaitable<bool> wait(Deadline deadline) {
    if (!is_set_) {
      timer_.expires_at(deadline);
      co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    co_return std::exchange(is_set_, false);
  }

 private:
  boost::asio::steady_timer timer_;
  bool is_set_ = false;
};

}  // namespace postrider::net
