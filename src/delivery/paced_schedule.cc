#include "delivery/paced_schedule.h"

#include <chrono>
#include <utility>

namespace postrider::delivery {
namespace {

constexpr std::chrono::milliseconds kPaceStep{50};

}  // namespace

PacedSchedule::PacedSchedule(boost::asio::io_context& context, const Clock& clock,
                             std::function<void(queue::Waiting)> due)
    : clock_(clock), due_(std::move(due)), timer_(context), pace_timer_(context) {}

void PacedSchedule::add(queue::Waiting waiting) {
  queue_.add(std::move(waiting));
  set_timer();
}

void PacedSchedule::take_due() {
  const Time now = clock_.steady_now();
  while (queue_.next_due().value_or(Time::max()) <= now) {
    if (!pace_.take(queue_.size(), std::chrono::steady_clock::now())) {
      take_more_soon();
      return;
    }
    due_(*queue_.take_due(now));
  }
  set_timer();
}

void PacedSchedule::take_more_soon() {
  if (is_pacing_ || is_stopping_) {
    return;
  }
  is_pacing_ = true;
  pace_timer_.expires_after(kPaceStep);
  pace_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled && !is_stopping_) {
      is_pacing_ = false;
      take_due();
    }
  });
}

void PacedSchedule::set_timer() {
  const auto due = queue_.next_due();
  if (!due || is_stopping_ || (timer_due_ && *timer_due_ <= *due)) {
    return;
  }
  const auto wait = clock_.real_wait(*due);
  if (!wait) {
    return;  // the clock says when it has jumped
  }
  timer_due_ = due;
  timer_.expires_after(*wait);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled && !is_stopping_) {
      timer_due_.reset();
      take_due();
    }
  });
}

void PacedSchedule::tick() {
  timer_due_.reset();
  timer_.cancel();
  take_due();
}

void PacedSchedule::stop() {
  is_stopping_ = true;
  timer_.cancel();
  pace_timer_.cancel();
}

}  // namespace postrider::delivery
