#include "net/task_group.h"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/event.h"

namespace postrider::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kLimit{20};

/// Runs `test` to its end, and with it everything that it has started.
void run(const std::function<awaitable<void>(asio::io_context&)>& test) {
  asio::io_context io;
  bool ended = false;
  asio::co_spawn(io, test(io), [&](const std::exception_ptr& error) {
    ended = true;
    if (error) {
      std::rethrow_exception(error);
    }
  });
  io.run_for(kLimit);
  EXPECT_TRUE(ended);
  EXPECT_TRUE(io.stopped()) << "something goes on";
}

awaitable<void> sleep_for_ever(std::string& story) {
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
  try {
    co_await timer.async_wait(asio::use_awaitable);
  } catch (const boost::system::system_error& error) {
    story += error.code() == asio::error::operation_aborted ? "cancelled " : "failed ";
    throw;
  }
}

awaitable<void> say(std::string& story, std::string word) {
  story += word;
  co_return;
}

TEST(TaskGroup, StartsATaskSoonAndNeverInsideTheCall) {
  run([](asio::io_context& io) -> awaitable<void> {
    TaskGroup group(io.get_executor(), "test");
    std::string story;
    group.spawn(say(story, "task "));
    story += "spawned ";
    EXPECT_EQ(group.size(), 1U);
    co_await group.join();
    EXPECT_EQ(story, "spawned task ");
    EXPECT_EQ(group.size(), 0U);
  });
}

TEST(TaskGroup, JoinOfNothingReturnsAtOnce) {
  run([](asio::io_context& io) -> awaitable<void> {
    TaskGroup group(io.get_executor(), "test");
    co_await group.join();
    group.cancel();
    co_await group.join();
  });
}

TEST(TaskGroup, CancelEndsWhatWaitsAndJoinWaitsForTheLast) {
  run([](asio::io_context& io) -> awaitable<void> {
    TaskGroup group(io.get_executor(), "test");
    std::string story;
    for (int i = 0; i < 3; ++i) {
      group.spawn(sleep_for_ever(story));
    }
    co_await asio::post(asio::use_awaitable);
    co_await asio::post(asio::use_awaitable);
    group.cancel();
    co_await group.join();
    EXPECT_EQ(story, "cancelled cancelled cancelled ");
  });
}

TEST(TaskGroup, ATaskThatIsCancelledBeforeItStartsEndsToo) {
  run([](asio::io_context& io) -> awaitable<void> {
    TaskGroup group(io.get_executor(), "test");
    std::string story;
    group.spawn(sleep_for_ever(story));
    group.cancel();
    co_await group.join();
    EXPECT_EQ(group.size(), 0U);
  });
}

// Somebody who is asked to go may still say goodbye.
TEST(TaskGroup, JoinWaitsForAGoodbye) {
  run([](asio::io_context& io) -> awaitable<void> {
    TaskGroup group(io.get_executor(), "test");
    std::string story;
    auto polite = [&]() -> awaitable<void> {
      asio::steady_timer timer(io, std::chrono::hours(1));
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
      timer.expires_after(milliseconds(20));
      co_await timer.async_wait(asio::use_awaitable);
      story += "goodbye";
    };
    group.spawn(polite());
    co_await asio::post(asio::use_awaitable);
    co_await asio::post(asio::use_awaitable);
    group.cancel();
    co_await group.join();
    EXPECT_EQ(story, "goodbye");
  });
}

TEST(TaskGroup, ATaskMaySpawnAnotherWhileItIsJoined) {
  run([](asio::io_context& io) -> awaitable<void> {
    TaskGroup group(io.get_executor(), "test");
    std::string story;
    auto spawning = [&]() -> awaitable<void> {
      co_await asio::post(asio::use_awaitable);
      group.spawn(say(story, "second"));
    };
    group.spawn(spawning());
    co_await group.join();
    EXPECT_EQ(story, "second");
  });
}

TEST(TaskGroup, AnExceptionEndsItsTaskOnly) {
  run([](asio::io_context& io) -> awaitable<void> {
    TaskGroup group(io.get_executor(), "test");
    std::string story;
    auto failing = []() -> awaitable<void> {
      co_await asio::post(asio::use_awaitable);
      throw std::logic_error("a bug");
    };
    group.spawn(failing());
    group.spawn(say(story, "goes on"));
    co_await group.join();
    EXPECT_EQ(story, "goes on");
  });
}

TEST(Event, IsKeptUntilItIsAwaited) {
  run([](asio::io_context& io) -> awaitable<void> {
    Event event(io.get_executor());
    event.set();
    event.set();
    EXPECT_TRUE(co_await event.wait(within(kLimit)));
    EXPECT_FALSE(co_await event.wait(within(milliseconds(10)))) << "it was taken back";
  });
}

TEST(Event, WakesItsWaiter) {
  run([](asio::io_context& io) -> awaitable<void> {
    Event event(io.get_executor());
    asio::post(io, [&] { event.set(); });
    EXPECT_TRUE(co_await event.wait(within(kLimit)));
    asio::post(io, [&] { event.set(); });
    EXPECT_TRUE(co_await event.wait(within(kLimit)));
  });
}

// The deadline has passed and its handler waits its turn when the event comes: it counts.
TEST(Event, SetAtTheLastMomentCounts) {
  run([](asio::io_context& io) -> awaitable<void> {
    Event event(io.get_executor());
    asio::post(io, [&] {
      const auto until = std::chrono::steady_clock::now() + milliseconds(20);
      while (std::chrono::steady_clock::now() < until) {
      }
      event.set();
    });
    EXPECT_TRUE(co_await event.wait(within(milliseconds(5))));
  });
}

TEST(Event, ACancelledWaiterIsToldThatNothingCame) {
  run([](asio::io_context& io) -> awaitable<void> {
    TaskGroup group(io.get_executor(), "test");
    Event event(io.get_executor());
    std::string story;
    auto waits = [&]() -> awaitable<void> {
      const bool came = co_await event.wait(within(kLimit));
      story += came ? "came" : "nothing";
    };
    group.spawn(waits());
    co_await asio::post(asio::use_awaitable);
    co_await asio::post(asio::use_awaitable);
    group.cancel();
    co_await group.join();
    EXPECT_EQ(story, "nothing");
  });
}

}  // namespace
}  // namespace postrider::net
