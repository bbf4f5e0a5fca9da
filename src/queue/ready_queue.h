// Recipients of one site that wait for a connection: first come, first served.
// One thread.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "queue/waiting.h"

namespace postrider::queue {

class ReadyQueue {
 public:
  void add(Waiting waiting) { line_.push_back(std::move(waiting)); }
  /// In front of all others: what was taken and could not be tried.
  void put_back(Waiting waiting) { line_.push_front(std::move(waiting)); }

  std::optional<Waiting> take() {
    if (line_.empty()) {
      return std::nullopt;
    }
    std::optional<Waiting> first(std::move(line_.front()));
    line_.pop_front();
    return first;
  }

  std::size_t size() const { return line_.size(); }
  bool empty() const { return line_.empty(); }
  const std::deque<Waiting>& line() const { return line_; }
  std::deque<Waiting> take_all() { return std::exchange(line_, {}); }

 private:
  std::deque<Waiting> line_;
};

}  // namespace postrider::queue
