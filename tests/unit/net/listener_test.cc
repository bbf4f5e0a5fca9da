#include "net/listener.h"

#include <array>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <optional>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "net/network.h"

namespace postrider::net {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds kLimit{20};

const tcp::endpoint kAnyPort(asio::ip::address_v4::loopback(), 0);

std::vector<Listener> listen_or_die(asio::io_context& io, tcp::endpoint endpoint,
                                    std::size_t count = 1) {
  const std::vector<asio::any_io_executor> executors(count,
                                                     asio::any_io_executor(io.get_executor()));
  return std::move(listen(executors, endpoint)).value();
}

tcp::socket connect_to(asio::io_context& io, const tcp::endpoint& endpoint) {
  tcp::socket socket(io);
  socket.connect(endpoint);
  return socket;
}

/// Runs `io` until `done`; false after the limit.
template <class Done>
bool run_until(asio::io_context& io, Done done) {
  const auto end = std::chrono::steady_clock::now() + kLimit;
  io.restart();
  while (!done() && std::chrono::steady_clock::now() < end) {
    io.run_one_until(end);
  }
  return done();
}

/// Lowers the number of descriptors to `share` times what is in use, for as long as it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t share) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    rlimit tight = before_;
    tight.rlim_cur = static_cast<rlim_t>(next) * share;
    ::setrlimit(RLIMIT_NOFILE, &tight);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

struct NoMoreDescriptors : FewDescriptors {
  NoMoreDescriptors() : FewDescriptors(1) {}
};

/// Leaves clients none, and all others many.
struct NoMoreForClients : FewDescriptors {
  NoMoreForClients() : FewDescriptors(2) {}
};

/// Makes every accept on the socket that listens there fail.
void break_accept(const tcp::endpoint& endpoint) {
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    tcp::endpoint bound;
    auto size = static_cast<socklen_t>(bound.capacity());
    int listens = 0;
    socklen_t flag_size = sizeof(listens);
    if (::getsockname(descriptor, bound.data(), &size) == 0 && bound == endpoint &&
        ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &flag_size) == 0 &&
        listens != 0) {
      ::shutdown(descriptor, SHUT_RD);
    }
  }
}

TEST(Listener, HandsOverConnectionsUntilItIsCancelled) {
  asio::io_context io;
  auto listeners = listen_or_die(io, kAnyPort);
  asio::cancellation_signal stop;
  std::vector<tcp::socket> accepted;
  bool ended = false;
  asio::co_spawn(
      io, listeners[0].run([&](tcp::socket socket) { accepted.push_back(std::move(socket)); }),
      asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& error) {
        EXPECT_FALSE(error);
        ended = true;
      }));
  const tcp::socket one = connect_to(io, listeners[0].local());
  const tcp::socket two = connect_to(io, listeners[0].local());
  ASSERT_TRUE(run_until(io, [&] { return accepted.size() == 2; }));
  EXPECT_EQ(accepted[0].remote_endpoint(), one.local_endpoint());
  stop.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(run_until(io, [&] { return ended; }));
}

TEST(Listener, EndsWhenItIsClosed) {
  asio::io_context io;
  auto listeners = listen_or_die(io, kAnyPort);
  bool ended = false;
  asio::co_spawn(io, listeners[0].run([](tcp::socket) {}), [&](const std::exception_ptr& error) {
    EXPECT_FALSE(error);
    ended = true;
  });
  io.poll();
  listeners[0].close();
  EXPECT_TRUE(run_until(io, [&] { return ended; }));
}

TEST(Listener, OnePortForAllThreads) {
  asio::io_context io;
  const auto listeners = listen_or_die(io, kAnyPort, 3);
  ASSERT_EQ(listeners.size(), 3U);
  EXPECT_NE(listeners[0].local().port(), 0);
  EXPECT_EQ(listeners[1].local(), listeners[0].local());
  EXPECT_EQ(listeners[2].local(), listeners[0].local());
}

TEST(Listener, APortInUseIsSaidToBeSo) {
  asio::io_context io;
  const auto taken = listen_or_die(io, kAnyPort);  // with SO_REUSEPORT, as another of ours would
  const std::array executors{asio::any_io_executor(io.get_executor())};
  const auto second = listen(executors, taken[0].local());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Errc::unavailable);
  EXPECT_NE(second.error().text().find(to_string(taken[0].local()) + ": Address already in use"),
            std::string::npos)
      << second.error().text();
}

TEST(Listener, Ipv6DoesNotTakeThePortFromIpv4) {
  asio::io_context io;
  const auto v4 = listen_or_die(io, tcp::endpoint(asio::ip::address_v4::any(), 0));
  const std::array executors{asio::any_io_executor(io.get_executor())};
  EXPECT_TRUE(listen(executors, tcp::endpoint(asio::ip::address_v6::any(), v4[0].local().port())));
}

TEST(Listener, WithoutDescriptorsItPausesAndGoesOn) {
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "the sanitizer itself needs descriptors to look at objects";
#endif
  asio::io_context io;
  auto listeners = listen_or_die(io, kAnyPort);
  std::vector<tcp::socket> accepted;
  asio::cancellation_signal stop;
  asio::co_spawn(
      io, listeners[0].run([&](tcp::socket socket) { accepted.push_back(std::move(socket)); }),
      asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr&) {}));
  io.poll();
  const tcp::socket client = connect_to(io, listeners[0].local());
  {
    const NoMoreDescriptors guard;
    ASSERT_TRUE(run_until(io, [&] { return listeners[0].failures() >= 3; }));
    EXPECT_TRUE(accepted.empty());
    // 10, 20 and 40 ms: a loop that spins would have failed thousands of times by now.
    EXPECT_LT(listeners[0].failures(), 10U);
  }
  EXPECT_TRUE(run_until(io, [&] { return accepted.size() == 1; }));
  stop.emit(asio::cancellation_type::terminal);
  io.restart();
  io.run_for(kLimit);
  EXPECT_TRUE(io.stopped());
}

TEST(Listener, LeavesTheReserveOfDescriptorsAlone) {
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "the sanitizer itself needs descriptors to look at objects";
#endif
  asio::io_context io;
  auto listeners = listen_or_die(io, kAnyPort);
  std::vector<tcp::socket> accepted;
  asio::co_spawn(
      io, listeners[0].run([&](tcp::socket socket) { accepted.push_back(std::move(socket)); }),
      [](const std::exception_ptr&) {});
  io.poll();
  const tcp::socket client = connect_to(io, listeners[0].local());
  {
    const NoMoreForClients guard;
    ASSERT_TRUE(run_until(io, [&] { return listeners[0].failures() >= 3 || !accepted.empty(); }));
    EXPECT_TRUE(accepted.empty());
    EXPECT_LT(listeners[0].failures(), 10U);
  }
  EXPECT_TRUE(run_until(io, [&] { return accepted.size() == 1; })) << "by itself";
  listeners[0].close();
  io.restart();
  io.run_for(kLimit);
  EXPECT_TRUE(io.stopped());
}

TEST(Listener, ThePauseIsCancelledToo) {
  asio::io_context io;
  auto listeners = listen_or_die(io, kAnyPort);
  asio::cancellation_signal stop;
  bool ended = false;
  asio::co_spawn(io, listeners[0].run([](tcp::socket) {}),
                 asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr& error) {
                   EXPECT_FALSE(error);
                   ended = true;
                 }));
  io.poll();
  break_accept(listeners[0].local());
  ASSERT_TRUE(run_until(io, [&] { return listeners[0].failures() >= 1; }));
  stop.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(run_until(io, [&] { return ended; }));
}

}  // namespace
}  // namespace postrider::net
