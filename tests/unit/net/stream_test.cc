#include "net/stream.h"

#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>

namespace postrider::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds kLimit{20};

/// Runs `test` on one end of a connection; the other end is a plain socket.
void on_connection(const std::function<awaitable<void>(Stream&, tcp::socket&)>& test) {
  asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  tcp::socket peer(io);
  peer.connect(acceptor.local_endpoint());
  Stream stream(acceptor.accept());
  asio::co_spawn(io, test(stream, peer), [](const std::exception_ptr& error) {
    if (error) {
      std::rethrow_exception(error);
    }
  });
  io.run_for(kLimit);
  ASSERT_TRUE(io.stopped());
}

/// What the peer receives up to the end of the stream, or "reset".
std::string received_by(tcp::socket& peer) {
  std::string got(4096, '\0');
  std::size_t size = 0;
  boost::system::error_code ec;
  while (!ec && size < got.size()) {
    size += peer.read_some(asio::buffer(got.data() + size, got.size() - size), ec);
  }
  return ec == asio::error::eof ? got.substr(0, size) : "reset";
}

TEST(Stream, FillsNoMoreThanItIsAskedFor) {
  on_connection([](Stream& stream, tcp::socket& peer) -> awaitable<void> {
    asio::write(peer, asio::buffer(std::string("abcdef")));
    EXPECT_TRUE(co_await stream.fill_at_most(4, within(kLimit)));
    EXPECT_EQ(stream.buffered(), "abcd");
    stream.consume(4);
    EXPECT_TRUE(co_await stream.fill(within(kLimit)));
    EXPECT_EQ(stream.buffered(), "ef");
    stream.close();
  });
}

TEST(Stream, AfterATimeoutOfAFillItCanStillBeUsed) {
  for (const bool idle : {false, true}) {
    on_connection([idle](Stream& stream, tcp::socket& peer) -> awaitable<void> {
      Result<> late;
      if (idle) {
        late = co_await stream.fill_when_idle(within(milliseconds(20)));
      } else {
        late = co_await stream.fill(within(milliseconds(20)));
      }
      EXPECT_FALSE(late);
      EXPECT_EQ(late.error().code(), Errc::timeout);
      EXPECT_TRUE(co_await stream.write("too late", within(kLimit)));
      asio::write(peer, asio::buffer(std::string("x")));
      EXPECT_TRUE(co_await stream.fill(within(kLimit)));
      stream.close();
      EXPECT_EQ(received_by(peer), "too late");
    });
  }
}

TEST(Stream, AWriteThatTakesTooLongClosesIt) {
  on_connection([](Stream& stream, tcp::socket& /*peer*/) -> awaitable<void> {
    const std::string much(64 << 20, 'x');
    const Result<> late = co_await stream.write(much, within(milliseconds(20)));
    EXPECT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::timeout);
    EXPECT_FALSE(stream.is_open());
  });
}

// The peer has bytes on the way that nobody reads: a plain close would reset the connection.
TEST(Stream, AGentleCloseKeepsTheLastWords) {
  on_connection([](Stream& stream, tcp::socket& peer) -> awaitable<void> {
    asio::write(peer, asio::buffer(std::string(10000, 'x')));
    EXPECT_TRUE(co_await stream.write("goodbye", within(kLimit)));
    peer.shutdown(tcp::socket::shutdown_send);
    co_await stream.close_gently(1 << 20, within(kLimit));
    EXPECT_FALSE(stream.is_open());
    EXPECT_EQ(received_by(peer), "goodbye");
  });
}

TEST(Stream, AGentleCloseEndsByTimeAndByBytes) {
  on_connection([](Stream& stream, tcp::socket& /*peer*/) -> awaitable<void> {
    co_await stream.close_gently(1 << 20, within(milliseconds(20)));
    EXPECT_FALSE(stream.is_open());
  });
  on_connection([](Stream& stream, tcp::socket& peer) -> awaitable<void> {
    asio::write(peer, asio::buffer(std::string(10000, 'x')));
    co_await stream.close_gently(100, within(kLimit));
    EXPECT_FALSE(stream.is_open());
  });
}

// Long messages come in long reads, also after the buffer has been given back.
TEST(Stream, ReadsGrowWithWhatComes) {
  on_connection([](Stream& stream, tcp::socket& peer) -> awaitable<void> {
    const std::string much(64 * 1024, 'x');
    std::size_t longest = 0;
    for (int round = 0; round < 4; ++round) {
      asio::write(peer, asio::buffer(much));
      std::size_t got = 0;
      while (got < much.size()) {
        EXPECT_TRUE(co_await stream.fill_when_idle(within(kLimit)));
        longest = std::max(longest, stream.buffered().size());
        got += stream.buffered().size();
        stream.consume(stream.buffered().size());
      }
    }
    EXPECT_GE(longest, 32U * 1024);
    stream.close();
  });
}

}  // namespace
}  // namespace postrider::net
