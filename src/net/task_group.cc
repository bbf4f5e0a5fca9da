#include "net/task_group.h"

#include <cassert>
#include <list>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace postrider::net {

namespace asio = boost::asio;

struct TaskGroup::State {
  State(const asio::any_io_executor& executor, std::string group_name)
      : idle(executor, asio::steady_timer::time_point::max()), name(std::move(group_name)) {}

  asio::steady_timer idle;                       // cancelled when the last task ends; never expires
  std::list<asio::cancellation_signal> signals;  // one a task; a list, because slots hold addresses
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

TaskGroup::~TaskGroup() { assert(state_->signals.empty() && "join() before the owner dies"); }

void TaskGroup::spawn(asio::awaitable<void> task) {
  const auto signal = state_->signals.emplace(state_->signals.end());
  auto ended = [state = state_, signal](const std::exception_ptr& error) {
    state->signals.erase(signal);
    if (state->signals.empty()) {
      state->idle.cancel();
    }
    if (error) {
      report(state->name, error);
    }
  };
  asio::co_spawn(state_->idle.get_executor(), std::move(task),
                 asio::bind_cancellation_slot(signal->slot(), std::move(ended)));
}

void TaskGroup::cancel() {
  // emit() may end a task, whose handler erases its signal: step on first.
  for (auto it = state_->signals.begin(); it != state_->signals.end();) {
    (it++)->emit(asio::cancellation_type::terminal);
  }
}

asio::awaitable<void> TaskGroup::join() {
  const auto state = state_;
  while (!state->signals.empty()) {
    // The wait is on an end that never comes by itself; a cancel() between two waits is seen above.
    co_await state->idle.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

std::size_t TaskGroup::size() const { return state_->signals.size(); }

}  // namespace postrider::net
