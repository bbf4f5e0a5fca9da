#include "net/connection_limit.h"

#include <mutex>
#include <unordered_map>
#include <utility>

namespace postrider::net {

namespace ip = boost::asio::ip;

namespace {

std::string group_of(const ip::address& address) {
  if (address.is_v4()) {
    return address.to_string();
  }
  ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  }
  const ip::address_v6::bytes_type bytes = v6.to_bytes();
  return std::string(reinterpret_cast<const char*>(bytes.data()), 8);
}

}  // namespace

struct ConnectionLimit::State {
  void release(const std::string& group) {
    const std::lock_guard lock(mutex);
    --open;
    const auto found = by_group.find(group);
    if (--found->second == 0) {
      by_group.erase(found);
    }
  }

  mutable std::mutex mutex;
  std::size_t most = 0;
  std::size_t most_by_address = 0;
  std::size_t open = 0;
  std::unordered_map<std::string, std::size_t> by_group;
};

ConnectionLimit::ConnectionLimit(std::size_t most, std::size_t most_by_address)
    : state_(std::make_shared<State>()) {
  change(most, most_by_address);
}

std::optional<ConnectionLimit::Slot> ConnectionLimit::take(const ip::address& address,
                                                           Refused& why) {
  std::string group = group_of(address);
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->open >= state_->most) {
      why = Refused::in_all;
      return std::nullopt;
    }
    std::size_t& of_group = state_->by_group[group];
    if (of_group >= state_->most_by_address) {
      why = Refused::by_address;
      if (of_group == 0) {
        state_->by_group.erase(group);
      }
      return std::nullopt;
    }
    ++of_group;
    ++state_->open;
  }
  return Slot(std::shared_ptr<void>(
      state_.get(),
      [state = state_, group = std::move(group)](void*) { state->release(group); }));
}

void ConnectionLimit::change(std::size_t most, std::size_t most_by_address) {
  const std::lock_guard lock(state_->mutex);
  state_->most = most;
  state_->most_by_address = most_by_address;
}

std::size_t ConnectionLimit::open() const {
  const std::lock_guard lock(state_->mutex);
  return state_->open;
}

}  // namespace postrider::net
