#include "net/connection_limiter.h"

#include <gtest/gtest.h>
#include <optional>
#include <thread>
#include <vector>

namespace postrider::net {
namespace {

using Refusal = ConnectionLimiter::Refusal;

boost::asio::ip::address address(const char* text) {
  return boost::asio::ip::make_address(text);
}

/// Nothing if it was admitted; the lease then goes to `leases`.
std::optional<Refusal> admit(ConnectionLimiter& limiter, const char* client,
                             std::vector<ConnectionLimiter::Lease>& leases) {
  auto admitted = limiter.admit(address(client));
  if (auto* lease = std::get_if<ConnectionLimiter::Lease>(&admitted)) {
    leases.push_back(std::move(*lease));
    return std::nullopt;
  }
  return std::get<Refusal>(admitted);
}

TEST(ConnectionLimiter, AnAddressMayNotHaveMoreThanItsShare) {
  ConnectionLimiter limiter({.total_max = 10, .per_address_max = 2});
  std::vector<ConnectionLimiter::Lease> leases;
  EXPECT_EQ(admit(limiter, "192.0.2.1", leases), std::nullopt);
  EXPECT_EQ(admit(limiter, "::ffff:192.0.2.1", leases), std::nullopt);
  EXPECT_EQ(admit(limiter, "192.0.2.1", leases), Refusal::too_many_from_address);
  EXPECT_EQ(admit(limiter, "192.0.2.2", leases), std::nullopt);
  leases.erase(leases.begin());
  EXPECT_EQ(admit(limiter, "192.0.2.1", leases), std::nullopt);
}

TEST(ConnectionLimiter, AnIpv6HostCountsByItsNetwork) {
  ConnectionLimiter limiter({.total_max = 10, .per_address_max = 1});
  std::vector<ConnectionLimiter::Lease> leases;
  EXPECT_EQ(admit(limiter, "2001:db8:0:1::1", leases), std::nullopt);
  EXPECT_EQ(admit(limiter, "2001:db8:0:1::2", leases), Refusal::too_many_from_address);
  EXPECT_EQ(admit(limiter, "2001:db8:0:2::1", leases), std::nullopt);
}

TEST(ConnectionLimiter, ThereMayNotBeMoreInAll) {
  ConnectionLimiter limiter({.total_max = 2, .per_address_max = 0});
  std::vector<ConnectionLimiter::Lease> leases;
  EXPECT_EQ(admit(limiter, "192.0.2.1", leases), std::nullopt);
  EXPECT_EQ(admit(limiter, "192.0.2.1", leases), std::nullopt);
  EXPECT_EQ(admit(limiter, "192.0.2.3", leases), Refusal::too_many);
  EXPECT_EQ(limiter.open(), 2U);
  leases.clear();
  EXPECT_EQ(limiter.open(), 0U);
}

TEST(ConnectionLimiter, NewLimitsHoldForNewConnections) {
  ConnectionLimiter limiter({.total_max = 2, .per_address_max = 2});
  std::vector<ConnectionLimiter::Lease> leases;
  admit(limiter, "192.0.2.1", leases);
  admit(limiter, "192.0.2.1", leases);
  limiter.set_limits({.total_max = 1, .per_address_max = 1});
  leases.pop_back();
  EXPECT_EQ(admit(limiter, "192.0.2.2", leases), Refusal::too_many);
  limiter.set_limits({.total_max = 0, .per_address_max = 0});
  EXPECT_EQ(admit(limiter, "192.0.2.1", leases), std::nullopt);
}

TEST(ConnectionLimiter, AProxyIsBoundByTheTotalAlone) {
  ConnectionLimiter limiter({.total_max = 3, .per_address_max = 1});
  const auto proxy = boost::asio::ip::make_address("192.0.2.1");
  std::vector<std::variant<ConnectionLimiter::Lease, Refusal>> admitted;
  for (int i = 0; i < 4; ++i) {
    admitted.push_back(limiter.admit_proxy(proxy));
  }
  EXPECT_TRUE(std::holds_alternative<ConnectionLimiter::Lease>(admitted[2]));
  EXPECT_EQ(std::get<Refusal>(admitted[3]), Refusal::too_many);
}

TEST(ConnectionLimiter, ALeaseOutlivesItsLimiter) {
  std::vector<ConnectionLimiter::Lease> leases;
  {
    ConnectionLimiter limiter({});
    admit(limiter, "192.0.2.1", leases);
  }
  leases.clear();
}

TEST(ConnectionLimiter, ManyThreadsCountRight) {
  ConnectionLimiter limiter({.total_max = 3, .per_address_max = 2});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&limiter, i] {
      const char* client = i % 2 == 0 ? "192.0.2.1" : "192.0.2.2";
      for (int round = 0; round < 2000; ++round) {
        std::vector<ConnectionLimiter::Lease> leases;
        admit(limiter, client, leases);
        admit(limiter, client, leases);
        EXPECT_LE(limiter.open(), 3U);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(limiter.open(), 0U);
}

}  // namespace
}  // namespace postrider::net
