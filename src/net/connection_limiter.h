// How many connections are open, in all and from one address, and whether there may be one more.
// An IPv6 client is counted by its /64, which is what one host can use; an IPv4 address that is
// mapped into IPv6 counts as IPv4. Any thread: a mutex held for a hash look-up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <boost/asio/ip/address.hpp>

namespace postrider::net {

struct ConnectionLimits {
  std::uint32_t total_max = 10000;      ///< 0: unlimited
  std::uint32_t per_address_max = 100;  ///< 0: unlimited
};

class ConnectionLimiter {
 public:
  enum class Refusal : std::uint8_t { too_many, too_many_from_address };

  /// Counts one connection for as long as it lives. Keeps the limiter's counters alive.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();

   private:
    friend class ConnectionLimiter;
    struct Held;
    explicit Lease(std::unique_ptr<Held> held);
    std::unique_ptr<Held> held_;
  };

  explicit ConnectionLimiter(ConnectionLimits limits);

  std::variant<Lease, Refusal> admit(const boost::asio::ip::address& client);
  /// As admit(), but only the total counts: for a proxy, behind whose address many are.
  std::variant<Lease, Refusal> admit_proxy(const boost::asio::ip::address& proxy);

  /// For connections to come; those that are open stay.
  void set_limits(ConnectionLimits limits);

  std::size_t open() const;

 private:
  struct State;
  std::variant<Lease, Refusal> admit(const boost::asio::ip::address& client, bool is_proxy);
  std::shared_ptr<State> state_;
};

}  // namespace postrider::net
