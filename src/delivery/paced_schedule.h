// Recipients that wait for their time, on one io thread: what falls due is handed over by a timer,
// and at the pace of retries.
//
// Thread: the worker's.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "queue/retry_pace.h"
#include "queue/scheduled_queue.h"

namespace postrider::delivery {

class PacedSchedule {
 public:
  /// `due` is given each whose time has come, and may add() it again; `clock` outlives it.
  PacedSchedule(boost::asio::io_context& context, const Clock& clock,
                std::function<void(queue::Waiting)> due);

  void add(queue::Waiting waiting);
  /// Hands over what is due now, as far as the pace lets it; the rest soon.
  void take_due();
  void tick();  ///< the clock has jumped
  void stop();  ///< nothing is handed over any more

  const queue::ScheduledQueue& queue() const { return queue_; }
  /// Takes all out, in no order: for who gives most of them back.
  std::vector<queue::Waiting> take_all() { return queue_.take_all(); }

 private:
  void take_more_soon();
  void set_timer();

  const Clock& clock_;
  const std::function<void(queue::Waiting)> due_;
  queue::ScheduledQueue queue_;
  queue::RetryPace pace_;
  boost::asio::steady_timer timer_;
  std::optional<Time> timer_due_;
  boost::asio::steady_timer pace_timer_;  // until the pace lets the next ones go
  bool is_pacing_ = false;
  bool is_stopping_ = false;
};

}  // namespace postrider::delivery
