#include "net/task_group.h"

#include <cassert>
#include <list>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace postrider::net {

namespace asio = boost::asio;

struct TaskGroup::State : std::enable_shared_from_this<State> {
  State(const asio::any_io_executor& executor, std::string group_name)
      : idle(executor, asio::steady_timer::time_point::max()), name(std::move(group_name)) {}

  struct Task {
    asio::cancellation_signal signal;
    bool is_cancelled = false;
    bool has_ended = false;
  };
  using TaskPtr = std::shared_ptr<Task>;

  void start(const TaskPtr& task, std::list<TaskPtr>::iterator place, asio::awaitable<void> work);
  void end(std::list<TaskPtr>::iterator place, const std::exception_ptr& error);

  asio::steady_timer idle;  // cancelled when the last task ends; never expires
  std::list<TaskPtr> tasks;
  std::string name;
};

namespace {

void report(const std::string& group, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    if (e.code() != asio::error::operation_aborted) {
      log::error("a task ended with an exception", {{"task", group}, {"why", e.what()}});
    }
  } catch (const std::exception& e) {
    log::error("a task ended with an exception", {{"task", group}, {"why", e.what()}});
  }
}

}  // namespace

TaskGroup::TaskGroup(const asio::any_io_executor& executor, std::string name)
    : state_(std::make_shared<State>(executor, std::move(name))) {}

TaskGroup::~TaskGroup() {
  assert(state_->tasks.empty() && "join() before the owner dies");
}

// co_spawn() alone would run the task inside this call, up to its first wait.
void TaskGroup::spawn(asio::awaitable<void> task) {
  const auto made = std::make_shared<State::Task>();
  const auto place = state_->tasks.insert(state_->tasks.end(), made);
  asio::post(state_->idle.get_executor(),
             [state = state_, made, place, work = std::move(task)]() mutable {
               state->start(made, place, std::move(work));
             });
}

void TaskGroup::State::start(const TaskPtr& task, std::list<TaskPtr>::iterator place,
                             asio::awaitable<void> work) {
  auto ended = [state = shared_from_this(), place](const std::exception_ptr& error) {
    state->end(place, error);
  };
  asio::co_spawn(idle.get_executor(), std::move(work),
                 asio::bind_cancellation_slot(task->signal.slot(), std::move(ended)));
  if (task->is_cancelled && !task->has_ended) {
    task->signal.emit(asio::cancellation_type::terminal);
  }
}

void TaskGroup::State::end(std::list<TaskPtr>::iterator place, const std::exception_ptr& error) {
  (*place)->has_ended = true;
  tasks.erase(place);
  if (tasks.empty()) {
    idle.cancel();
  }
  if (error) {
    report(name, error);
  }
}

void TaskGroup::cancel() {
  // emit() may end a task, and what runs then may spawn or end others: each is looked at once.
  const std::vector<State::TaskPtr> all(state_->tasks.begin(), state_->tasks.end());
  for (const State::TaskPtr& task : all) {
    task->is_cancelled = true;
    if (!task->has_ended) {
      task->signal.emit(asio::cancellation_type::terminal);
    }
  }
}

asio::awaitable<void> TaskGroup::join() {
  const auto state = state_;
  while (!state->tasks.empty()) {
    // The wait is on an end that never comes by itself; a cancel() between two waits is seen above.
    co_await state->idle.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

std::size_t TaskGroup::size() const {
  return state_->tasks.size();
}

}  // namespace postrider::net
