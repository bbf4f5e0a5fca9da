// How many connections are open at a time, in all and from each address. IPv6 addresses count by
// their /64, which is what one customer of a network has.
//
// Any thread. A Slot gives its place back when it dies.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/address.hpp>

namespace postrider::net {

class ConnectionLimit {
 public:
  ConnectionLimit(std::size_t most, std::size_t most_by_address);

  enum class Refused { in_all, by_address };
  class Slot {
   public:
    Slot(Slot&&) noexcept = default;
    Slot& operator=(Slot&&) noexcept = default;

   private:
    friend class ConnectionLimit;
    explicit Slot(std::shared_ptr<void> held) : held_(std::move(held)) {}
    std::shared_ptr<void> held_;
  };

  /// A place for a connection from `address`; nothing if there is none, `why` then says which limit.
  std::optional<Slot> take(const boost::asio::ip::address& address, Refused& why);

  void change(std::size_t most, std::size_t most_by_address);
  std::size_t open() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace postrider::net
