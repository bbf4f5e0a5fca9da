#include "net/connect.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace postrider::net {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds kLimit{20};

TEST(Connect, ReachesOrSaysWhyNot) {
  asio::io_context io;
  const auto test = [&]() -> asio::awaitable<void> {
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const tcp::endpoint target = acceptor.local_endpoint();
    const auto source = asio::ip::make_address("127.0.0.5");
    auto made = co_await connect(target, source, within(kLimit));
    EXPECT_TRUE(made);
    EXPECT_EQ(made->local().address(), source);
    EXPECT_EQ(made->remote(), target);
    made->close();
    acceptor.close();
    const auto refused = co_await connect(target, std::nullopt, within(kLimit));
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::unavailable);
    EXPECT_FALSE(refused.error().is_local) << "the host refused";
    const auto foreign = asio::ip::make_address("192.0.2.1");
    const auto unbound = co_await connect(target, foreign, within(kLimit));
    EXPECT_FALSE(unbound);
    EXPECT_TRUE(unbound.error().is_local);
    EXPECT_TRUE(unbound.error().text().starts_with("this machine can't connect"))
        << unbound.error().text();
  };
  asio::co_spawn(io, test(), asio::detached);
  io.run_for(kLimit);
  ASSERT_TRUE(io.stopped());
}

TEST(Connect, LeavesTheReserveOfDescriptorsAlone) {
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "the sanitizer itself needs descriptors to look at objects";
#endif
  asio::io_context io;
  const auto test = [&]() -> asio::awaitable<void> {
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    std::vector<int> others;
    while (others.empty() || others.back() < 40) {
      others.push_back(::dup(acceptor.native_handle()));
    }
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(others.back() + 1) * 6 / 5;  // the last fifth is kept
    ::setrlimit(RLIMIT_NOFILE, &tight);
    const auto made = co_await connect(acceptor.local_endpoint(), std::nullopt, within(kLimit));
    ::setrlimit(RLIMIT_NOFILE, &before);
    for (const int other : others) {
      ::close(other);
    }
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().code(), Errc::unavailable);
    EXPECT_TRUE(made.error().is_local);
  };
  asio::co_spawn(io, test(), asio::detached);
  io.run_for(kLimit);
  ASSERT_TRUE(io.stopped());
}

// Bound with a port, an address has no more connections than ports, whatever they lead to.
TEST(Connect, ASourceAddressServesMoreTargetsThanItHasPorts) {
  asio::io_context io;
  const auto test = [&]() -> asio::awaitable<void> {
    const auto source = asio::ip::make_address("127.0.0.5");
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const auto made = co_await connect(acceptor.local_endpoint(), source, within(kLimit));
    EXPECT_TRUE(made);
    int is_on = 0;
    socklen_t size = sizeof(is_on);
    const tcp::endpoint local = made->local();
    for (int descriptor = 0; descriptor < 1024; ++descriptor) {
      tcp::endpoint bound;
      auto bound_size = static_cast<socklen_t>(bound.capacity());
      if (::getsockname(descriptor, bound.data(), &bound_size) == 0 && bound == local) {
        ::getsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &is_on, &size);
      }
    }
    EXPECT_EQ(is_on, 1);
  };
  asio::co_spawn(io, test(), asio::detached);
  io.run_for(kLimit);
  ASSERT_TRUE(io.stopped());
}

}  // namespace
}  // namespace postrider::net
