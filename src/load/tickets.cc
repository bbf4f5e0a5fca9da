#include "load/tickets.h"

namespace postrider::load {

std::optional<std::uint64_t> Tickets::take() {
  const std::lock_guard lock(mutex_);
  if (stopped_ || (given_back_.empty() && !has_more())) {
    return std::nullopt;
  }
  ++out_;
  if (given_back_.empty()) {
    return next_++;
  }
  const std::uint64_t number = given_back_.back();
  given_back_.pop_back();
  return number;
}

bool Tickets::has_more() const {
  if (!messages_) {
    return true;
  }
  return (until_accepted_ ? accepted_ + out_ : next_) < *messages_;
}

void Tickets::settle(bool is_accepted) {
  const std::lock_guard lock(mutex_);
  --out_;
  accepted_ += is_accepted ? 1 : 0;
}

void Tickets::give_back(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  --out_;
  given_back_.push_back(number);
}

void Tickets::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

bool Tickets::is_stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

}  // namespace postrider::load
