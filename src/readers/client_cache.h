// What user agents were found to be, of those that came lately: few make up most of the traffic.
// Two generations of 2,000 each: when the younger is full it takes the older's place. Any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "readers/user_agents.h"

namespace postrider::readers {

class ClientCache {
 public:
  explicit ClientCache(std::size_t generation = 2000) : generation_(generation) {}

  std::optional<Client> find(std::string_view agent);
  void put(std::string_view agent, const Client& client);
  std::size_t size() const;

 private:
  using Clients = std::unordered_map<std::string, Client>;
  void put_young(std::string agent, Client client);

  const std::size_t generation_;
  mutable std::mutex mutex_;  // guards both
  Clients young_;
  Clients old_;
};

}  // namespace postrider::readers
