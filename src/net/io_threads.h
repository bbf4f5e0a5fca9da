// The io threads: one io_context each, run by one thread, so that what lives on a thread needs no
// locks. Crossing threads goes through a thread's mailbox: whatever is posted to it within one
// round of the sender is handed over as one batch, with one wake-up.
//
// Any thread may call post(), thread() and count(); the rest belongs to the owner.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace postrider::net {

using Task = std::move_only_function<void()>;

/// One io thread's in-tray.
class Mailbox {
 public:
  explicit Mailbox(boost::asio::io_context& context);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Runs `task` on the thread, after what was posted before it.
  void post(Task task);
  /// The same for many, taking the lock once; leaves `tasks` empty.
  void post(std::vector<Task>& tasks);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

class IoThreads {
 public:
  explicit IoThreads(std::size_t count);
  ~IoThreads();  ///< stops and joins

  std::size_t count() const;
  boost::asio::io_context& context(std::size_t index);
  Mailbox& mailbox(std::size_t index);

  /// Starts the threads; each runs its context until stop().
  void start();
  /// Lets the contexts run out of work, waits for them, and ends the threads. Every TaskGroup on
  /// them has been joined by then.
  void stop();

  /// The index of the io thread that calls; count() on any other thread.
  static std::size_t current();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Threads for what blocks: Argon2, SQLite, large parses. Awaits come back to their own thread.
class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads);
  ~BlockingPool();  ///< waits for what has been started

  /// Runs `work` on the pool. What it refers to lives until the await ends; what it throws is
  /// thrown there. Not cancellable: a cancelled waiter hears of it at its next await.
  template <class T>
  boost::asio::awaitable<T> run(std::move_only_function<T()> work);
  boost::asio::awaitable<void> run_task(Task work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

template <class T>
boost::asio::awaitable<T> BlockingPool::run(std::move_only_function<T()> work) {
  std::optional<T> result;
  Task task = [&result, &work] { result.emplace(work()); };
  co_await run_task(std::move(task));
  co_return std::move(*result);
}

}  // namespace postrider::net
