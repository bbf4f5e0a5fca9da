#include "net/io_threads.h"

#include <atomic>
#include <gtest/gtest.h>
#include <latch>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include "net/task_group.h"

namespace postrider::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr std::chrono::seconds kLimit{20};

TEST(Mailbox, RunsTasksInTheirOrderWhoeverPostsThem) {
  constexpr int kEach = 2000;
  IoThreads threads(1);
  std::vector<int> last(3, -1);  // of the io thread
  int ran = 0;
  bool in_order = true;
  std::promise<void> done;
  threads.start();
  std::vector<std::thread> posting;
  for (std::size_t who = 0; who < last.size(); ++who) {
    posting.emplace_back([&, who] {
      for (int i = 0; i < kEach; ++i) {
        threads.mailbox(0).post([&, who, i] {
          in_order = in_order && IoThreads::current() == 0 && last[who] == i - 1;
          last[who] = i;
          if (++ran == 3 * kEach) {
            done.set_value();
          }
        });
      }
    });
  }
  for (std::thread& one : posting) {
    one.join();
  }
  ASSERT_EQ(done.get_future().wait_for(kLimit), std::future_status::ready);
  EXPECT_TRUE(in_order);
  threads.stop();
  EXPECT_EQ(IoThreads::current(), ~std::size_t{0});
}

// One wake-up for all that has come, and what a task posts waits for the next.
TEST(Mailbox, HandsOverWhatHasComeAsOneBatch) {
  asio::io_context io;
  Mailbox mailbox(io);
  std::string order;
  mailbox.post([&] {
    order += 'a';
    mailbox.post([&] { order += 'd'; });
  });
  std::vector<Task> more;
  more.emplace_back([&] { order += 'b'; });
  more.emplace_back([&] { order += 'c'; });
  mailbox.post(more);
  EXPECT_TRUE(more.empty());
  mailbox.post(more);  // nothing
  EXPECT_EQ(io.run_one(), 1U);
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(io.run(), 1U);
  EXPECT_EQ(order, "abcd");
}

TEST(Mailbox, MayGoBeforeWhatWasPosted) {
  asio::io_context io;
  bool ran = false;
  {
    Mailbox mailbox(io);
    mailbox.post([&] { ran = true; });
  }
  io.run();
  EXPECT_TRUE(ran);
}

TEST(IoThreads, StopLetsThemRunOutOfWork) {
  IoThreads threads(2);
  EXPECT_EQ(threads.count(), 2U);
  std::atomic<int> ran = 0;
  threads.start();
  for (int i = 0; i < 100; ++i) {
    asio::post(threads.context(static_cast<std::size_t>(i) % 2), [&] { ++ran; });
  }
  threads.stop();
  EXPECT_EQ(ran, 100);
  threads.stop();
  EXPECT_EQ(IoThreads(0).count(), 1U);
}

TEST(BlockingPool, WorkRunsElsewhereAndTheAwaitComesHome) {
  IoThreads threads(2);
  BlockingPool pool(2);
  threads.start();
  auto works = [&]() -> awaitable<bool> {
    const auto home = std::this_thread::get_id();
    const auto worked =
        co_await pool.run<std::thread::id>([] { return std::this_thread::get_id(); });
    co_return std::this_thread::get_id() == home&& worked != home&& IoThreads::current() == 1;
  };
  auto done = asio::co_spawn(threads.context(1), works(), asio::use_future);
  ASSERT_EQ(done.wait_for(kLimit), std::future_status::ready);
  EXPECT_TRUE(done.get());
  threads.stop();
}

TEST(BlockingPool, WhatTheWorkThrowsIsThrownAtHome) {
  IoThreads threads(1);
  BlockingPool pool(1);
  threads.start();
  auto works = [&]() -> awaitable<std::string> {
    try {
      co_await pool.run<int>([]() -> int { throw std::runtime_error("no"); });
    } catch (const std::runtime_error& error) {
      co_return std::string(error.what()) + (IoThreads::current() == 0 ? " at home" : " elsewhere");
    }
    co_return "nothing";
  };
  auto done = asio::co_spawn(threads.context(0), works(), asio::use_future);
  ASSERT_EQ(done.wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(done.get(), "no at home");
  threads.stop();
}

// Cancelled while its work is under way: it ends at home, once the work has.
TEST(BlockingPool, ACancelledWaiterEndsAtHome) {
  IoThreads threads(1);
  BlockingPool pool(1);
  std::latch is_working(1);
  std::latch may_end(1);
  std::optional<TaskGroup> group;
  std::size_t ended_on = 99;
  bool worked = false;
  const auto works = [&]() -> awaitable<void> {
    struct Ending {
      std::size_t& where;
      ~Ending() { where = IoThreads::current(); }
    };
    const Ending ending{ended_on};
    worked = co_await pool.run<bool>([&] {
      is_working.count_down();
      may_end.wait();
      return true;
    });
    co_await asio::post(asio::use_awaitable);  // hears of it here
    ended_on = 98;
  };
  threads.start();
  const auto on_thread = [&](std::function<awaitable<void>()> run) {
    auto done = asio::co_spawn(threads.context(0), std::move(run), asio::use_future);
    ASSERT_EQ(done.wait_for(kLimit), std::future_status::ready);
    done.get();
  };
  on_thread([&]() -> awaitable<void> {
    group.emplace(threads.context(0).get_executor(), "test");
    group->spawn(works());
    co_return;
  });
  is_working.wait();
  on_thread([&]() -> awaitable<void> {
    group->cancel();
    may_end.count_down();
    co_await group->join();
  });
  threads.stop();
  EXPECT_TRUE(worked);
  EXPECT_EQ(ended_on, 0U);
}

}  // namespace
}  // namespace postrider::net
