#include "net/connect.h"

#include <gtest/gtest.h>

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
    Result<Stream> made = co_await connect(target, source, within(kLimit));
    EXPECT_TRUE(made);
    EXPECT_EQ(made->local().address(), source);
    EXPECT_EQ(made->remote(), target);
    made->close();
    acceptor.close();
    const Result<Stream> refused = co_await connect(target, std::nullopt, within(kLimit));
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::unavailable);
    const auto foreign = asio::ip::make_address("192.0.2.1");
    const Result<Stream> unbound = co_await connect(target, foreign, within(kLimit));
    EXPECT_FALSE(unbound);
  };
  asio::co_spawn(io, test(), asio::detached);
  io.run_for(kLimit);
  ASSERT_TRUE(io.stopped());
}

}  // namespace
}  // namespace postrider::net
