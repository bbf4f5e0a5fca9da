#include "queue/scheduled_queue.h"

#include <algorithm>
#include <utility>

namespace postrider::queue {
namespace {

bool is_later(const Waiting& a, const Waiting& b) {
  return a.due > b.due;
}

}  // namespace

void ScheduledQueue::add(Waiting waiting) {
  heap_.push_back(std::move(waiting));
  std::ranges::push_heap(heap_, is_later);
}

std::optional<Time> ScheduledQueue::next_due() const {
  return heap_.empty() ? std::nullopt : std::optional(heap_.front().due);
}

std::optional<Waiting> ScheduledQueue::take_due(Time now) {
  if (heap_.empty() || heap_.front().due > now) {
    return std::nullopt;
  }
  std::ranges::pop_heap(heap_, is_later);
  Waiting first = std::move(heap_.back());
  heap_.pop_back();
  return first;
}

void ScheduledQueue::for_each(const std::function<void(const Waiting&)>& look) const {
  std::ranges::for_each(heap_, look);
}

std::vector<Waiting> ScheduledQueue::take_all() {
  return std::exchange(heap_, {});
}

}  // namespace postrider::queue
