#include "net/connection_limiter.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>
#include <string_view>
#include <unordered_map>

namespace postrider::net {

namespace ip = boost::asio::ip;

namespace {

/// What counts as one client: an IPv4 address (mapped into IPv6), or the /64 of an IPv6 address.
using Client = std::array<std::uint64_t, 2>;

struct HashClient {
  std::size_t operator()(const Client& client) const noexcept {
    return std::hash<std::string_view>()(
        std::string_view(reinterpret_cast<const char*>(client.data()), sizeof(client)));
  }
};

Client client_of(const ip::address& address) {
  const ip::address_v6 wide =
      address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
  const auto bytes = wide.to_bytes();
  Client client{};
  std::memcpy(client.data(), bytes.data(), wide.is_v4_mapped() ? 16 : 8);
  return client;
}

}  // namespace

struct ConnectionLimiter::State {
  mutable std::mutex mutex;
  ConnectionLimits limits;
  std::size_t open = 0;
  std::unordered_map<Client, std::uint32_t, HashClient> by_client;
};

struct ConnectionLimiter::Lease::Held {
  Held(std::shared_ptr<State> counted_in, Client counted_as)
      : state(std::move(counted_in)), client(counted_as) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  ~Held() {
    const std::lock_guard lock(state->mutex);
    --state->open;
    const auto found = state->by_client.find(client);
    if (--found->second == 0) {
      state->by_client.erase(found);
    }
  }

  std::shared_ptr<State> state;
  Client client;
};

ConnectionLimiter::Lease::Lease(std::unique_ptr<Held> held) : held_(std::move(held)) {}
ConnectionLimiter::Lease::Lease(Lease&& other) noexcept = default;
ConnectionLimiter::Lease::~Lease() = default;
ConnectionLimiter::Lease& ConnectionLimiter::Lease::operator=(Lease&& other) noexcept = default;

ConnectionLimiter::ConnectionLimiter(ConnectionLimits limits) : state_(std::make_shared<State>()) {
  state_->limits = limits;
}

std::variant<ConnectionLimiter::Lease, ConnectionLimiter::Refusal> ConnectionLimiter::admit(
    const ip::address& client) {
  return admit(client, false);
}

std::variant<ConnectionLimiter::Lease, ConnectionLimiter::Refusal> ConnectionLimiter::admit_proxy(
    const ip::address& proxy) {
  return admit(proxy, true);
}

std::variant<ConnectionLimiter::Lease, ConnectionLimiter::Refusal> ConnectionLimiter::admit(
    const ip::address& client, bool is_proxy) {
  const Client counted = client_of(client);
  const std::lock_guard lock(state_->mutex);
  const ConnectionLimits& limits = state_->limits;
  if (limits.total_max != 0 && state_->open >= limits.total_max) {
    return Refusal::too_many;
  }
  const auto found = state_->by_client.find(counted);
  const std::uint32_t here = found == state_->by_client.end() ? 0 : found->second;
  if (!is_proxy && limits.per_address_max != 0 && here >= limits.per_address_max) {
    return Refusal::too_many_from_address;
  }
  auto held = std::make_unique<Lease::Held>(state_, counted);
  ++state_->by_client[counted];
  ++state_->open;
  return Lease(std::move(held));
}

void ConnectionLimiter::set_limits(ConnectionLimits limits) {
  const std::lock_guard lock(state_->mutex);
  state_->limits = limits;
}

std::size_t ConnectionLimiter::open() const {
  const std::lock_guard lock(state_->mutex);
  return state_->open;
}

}  // namespace postrider::net
