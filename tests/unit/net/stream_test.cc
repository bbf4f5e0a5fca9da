#include "net/stream.h"

#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/task_group.h"

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

// Each way has its own limit: a write that gets on does not lengthen a read's, nor the other way
// round.
TEST(Stream, AReadKeepsItsLimitBesideAWrite) {
  on_connection([](Stream& stream, tcp::socket& /*peer*/) -> awaitable<void> {
    TaskGroup group(co_await asio::this_coro::executor, "test");
    Result<> written;
    auto writing = [&]() -> awaitable<void> {
      const std::string much(64 << 20, 'x');  // more than the kernel takes
      written = co_await stream.write(much, within(kLimit));
    };
    auto few_words = [&]() -> awaitable<void> {
      EXPECT_TRUE(co_await stream.write("a few words", within(kLimit)));
    };
    group.spawn(few_words());
    group.spawn(writing());
    const Result<> late = co_await stream.fill(within(milliseconds(20)));
    EXPECT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::timeout);
    co_await group.join();
    EXPECT_FALSE(written);  // half a message is no place for last words
    EXPECT_FALSE(stream.is_open());
  });
}

TEST(Stream, AWriteKeepsItsLimitBesideARead) {
  on_connection([](Stream& stream, tcp::socket& /*peer*/) -> awaitable<void> {
    TaskGroup group(co_await asio::this_coro::executor, "test");
    Result<> heard;
    auto reading = [&]() -> awaitable<void> { heard = co_await stream.fill(within(kLimit)); };
    group.spawn(reading());
    const std::string much(64 << 20, 'x');
    const Result<> late = co_await stream.write(much, within(milliseconds(20)));
    EXPECT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::timeout);
    co_await group.join();
    EXPECT_FALSE(heard);
    EXPECT_EQ(heard.error().code(), Errc::closed);
  });
}

// A peer that sends a byte now and then is cut off all the same: the limit covers the whole line.
TEST(Stream, ADeadlineCoversSeveralReads) {
  on_connection([](Stream& stream, tcp::socket& peer) -> awaitable<void> {
    const auto executor = co_await asio::this_coro::executor;
    TaskGroup group(executor, "test");
    auto trickle = [&]() -> awaitable<void> {
      asio::steady_timer timer(executor);
      boost::system::error_code gone;
      while (!gone) {
        asio::write(peer, asio::buffer(std::string("x")), gone);
        timer.expires_after(milliseconds(5));
        co_await timer.async_wait(asio::use_awaitable);
      }
    };
    group.spawn(trickle());
    const Deadline deadline = within(milliseconds(100));
    Result<> last;
    int reads = 0;
    while (last && reads < 1000) {
      last = co_await stream.fill(deadline);
      ++reads;
    }
    group.cancel();
    co_await group.join();
    EXPECT_FALSE(last);
    EXPECT_GT(reads, 2);
    EXPECT_GE(std::chrono::steady_clock::now(), deadline);
    stream.close();
  });
}

// The timer of a long wait is still armed when a short one begins, and the other way round.
TEST(Stream, EachWaitHasItsOwnLimit) {
  on_connection([](Stream& stream, tcp::socket& peer) -> awaitable<void> {
    asio::write(peer, asio::buffer(std::string("x")));
    EXPECT_TRUE(co_await stream.fill(within(kLimit)));
    const auto begin = std::chrono::steady_clock::now();
    const Result<> brief = co_await stream.fill(within(milliseconds(20)));
    EXPECT_EQ(brief.error().code(), Errc::timeout);
    const Result<> longer = co_await stream.fill(within(milliseconds(60)));
    EXPECT_EQ(longer.error().code(), Errc::timeout);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(80));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kLimit);
    stream.close();
  });
}

TEST(Stream, TheEndOfThePeerIsClosed) {
  on_connection([](Stream& stream, tcp::socket& peer) -> awaitable<void> {
    EXPECT_TRUE(stream.is_quiet());
    asio::write(peer, asio::buffer(std::string("last")));
    peer.close();
    EXPECT_TRUE(co_await stream.fill(within(kLimit)));
    EXPECT_EQ(stream.buffered(), "last");
    const Result<> end = co_await stream.fill(within(kLimit));
    EXPECT_EQ(end.error().code(), Errc::closed);
    EXPECT_EQ(stream.buffered(), "last");
    stream.consume(100);
    EXPECT_EQ(stream.buffered(), "");
    EXPECT_FALSE(stream.is_quiet());
    stream.close();
  });
}

TEST(Stream, ManyPiecesGoOutInTheirOrder) {
  on_connection([](Stream& stream, tcp::socket& peer) -> awaitable<void> {
    std::vector<std::string> texts;
    for (int i = 0; i < 40; ++i) {
      texts.push_back(i % 3 == 0 ? "" : std::to_string(i));
    }
    const std::vector<std::string_view> pieces(texts.begin(), texts.end());
    EXPECT_TRUE(co_await stream.write(pieces, within(kLimit)));
    stream.close();
    std::string joined;
    for (const std::string& text : texts) {
      joined += text;
    }
    EXPECT_EQ(received_by(peer), joined);
  });
}

}  // namespace
}  // namespace postrider::net
