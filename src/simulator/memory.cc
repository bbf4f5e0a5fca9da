#include "simulator/memory.h"

#include <utility>

#include "base/text.h"

namespace postrider::simulator {

Memory::Seen& Memory::seen(const std::string& address) {
  const std::string key = lower(address);
  if (const auto found = by_address_.find(key); found != by_address_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
    return *found->second;
  }
  if (recent_.size() >= limits_.addresses) {
    by_address_.erase(recent_.back().address);
    recent_.pop_back();
  }
  recent_.push_front({.address = key, .times = 0, .admitted = {}});
  by_address_.emplace(key, recent_.begin());
  return recent_.front();
}

std::uint64_t Memory::count(const std::string& address) {
  return seen(address).times++;
}

bool Memory::admit(const std::string& address, Time now) {
  std::deque<Time>& admitted = seen(address).admitted;
  while (!admitted.empty() && now - admitted.front() >= kRateWindow) {
    admitted.pop_front();
  }
  if (admitted.size() >= kRateLimit) {
    return false;
  }
  admitted.push_back(now);
  return true;
}

std::shared_ptr<const Taken> Memory::keep(Taken taken) {
  taken.number = ++numbered_;
  kept_bytes_ += taken.content.size();
  kept_.push_back(std::make_shared<const Taken>(std::move(taken)));
  const auto last = kept_.back();
  while (kept_.size() > limits_.messages ||
         (kept_.size() > 1 && kept_bytes_ > limits_.message_bytes)) {
    kept_bytes_ -= kept_.front()->content.size();
    kept_.pop_front();
  }
  return last;
}

std::vector<std::shared_ptr<const Taken>> Memory::taken() const {
  return {kept_.begin(), kept_.end()};
}

}  // namespace postrider::simulator
