#include "readers/client_cache.h"

#include <utility>

namespace postrider::readers {

std::optional<Client> ClientCache::find(std::string_view agent) {
  std::string key(agent);
  const std::lock_guard lock(mutex_);
  if (const auto found = young_.find(key); found != young_.end()) {
    return found->second;
  }
  const auto found = old_.find(key);
  if (found == old_.end()) {
    return std::nullopt;
  }
  Client client = found->second;
  put_young(std::move(key), client);
  return client;
}

void ClientCache::put(std::string_view agent, const Client& client) {
  const std::lock_guard lock(mutex_);
  put_young(std::string(agent), client);
}

std::size_t ClientCache::size() const {
  const std::lock_guard lock(mutex_);
  return young_.size() + old_.size();
}

void ClientCache::put_young(std::string agent, Client client) {
  if (young_.size() >= generation_) {
    old_ = std::exchange(young_, {});
  }
  young_.insert_or_assign(std::move(agent), std::move(client));
}

}  // namespace postrider::readers
