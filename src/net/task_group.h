// The coroutines that an object owns: it spawns them here, and joins them before it dies.
//
//   owner.stop():  group.cancel(); co_await group.join();
//
// Only net/, main and tests call co_spawn themselves. Thread: all calls on the executor's one
// thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace postrider::net {

class TaskGroup {
 public:
  /// `name` goes to the log when a task ends with an exception, which is always a bug of ours.
  TaskGroup(const boost::asio::any_io_executor& executor, std::string name);
  ~TaskGroup();  ///< asserts that no task is left
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task` soon, never inside this call. What it uses lives until join() returns, or is
  /// among its own by-value parameters.
  void spawn(boost::asio::awaitable<void> task);

  /// Asks all tasks to end: their current await fails with operation_aborted.
  void cancel();

  /// Returns when the last task has ended. Does not cancel by itself.
  boost::asio::awaitable<void> join();

  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the completion handlers of the tasks
};

}  // namespace postrider::net
