#include "net/io_threads.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <sys/prctl.h>
#include <thread>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postrider::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kNotAnIoThread = ~std::size_t{0};
thread_local std::size_t current_thread = kNotAnIoThread;

}  // namespace

struct Mailbox::State : std::enable_shared_from_this<State> {
  explicit State(asio::io_context& c) : context(c) {}

  void wake() {
    asio::post(context, [self = shared_from_this()] { self->drain(); });
  }

  void drain() {
    {
      const std::lock_guard lock(mutex);
      running.swap(waiting);
      is_awake = false;
    }
    for (Task& task : running) {
      task();
    }
    running.clear();
  }

  asio::io_context& context;
  std::mutex mutex;
  std::vector<Task> waiting;
  bool is_awake = false;      // a drain is on its way
  std::vector<Task> running;  // of the thread alone; kept for its capacity
};

Mailbox::Mailbox(asio::io_context& context) : state_(std::make_shared<State>(context)) {}
Mailbox::~Mailbox() = default;

void Mailbox::post(Task task) {
  bool must_wake = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->waiting.push_back(std::move(task));
    must_wake = !std::exchange(state_->is_awake, true);
  }
  if (must_wake) {
    state_->wake();
  }
}

void Mailbox::post(std::vector<Task>& tasks) {
  if (tasks.empty()) {
    return;
  }
  bool must_wake = false;
  {
    const std::lock_guard lock(state_->mutex);
    std::ranges::move(tasks, std::back_inserter(state_->waiting));
    must_wake = !std::exchange(state_->is_awake, true);
  }
  tasks.clear();
  if (must_wake) {
    state_->wake();
  }
}

struct IoThreads::State {
  struct One {
    // 1: no locking inside the context but for what is posted from elsewhere.
    asio::io_context context{1};
    Mailbox mailbox{context};
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
    std::thread thread;
  };
  std::vector<std::unique_ptr<One>> all;
};

IoThreads::IoThreads(std::size_t count) : state_(std::make_unique<State>()) {
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    state_->all.push_back(std::make_unique<State::One>());
  }
}

IoThreads::~IoThreads() {
  stop();
}

std::size_t IoThreads::count() const {
  return state_->all.size();
}
asio::io_context& IoThreads::context(std::size_t index) {
  return state_->all[index]->context;
}
Mailbox& IoThreads::mailbox(std::size_t index) {
  return state_->all[index]->mailbox;
}

void IoThreads::start() {
  for (std::size_t i = 0; i < state_->all.size(); ++i) {
    State::One& one = *state_->all[i];
    one.work.emplace(one.context.get_executor());
    one.thread = std::thread([&one, i] {
      current_thread = i;
      ::prctl(PR_SET_NAME, ("io-" + std::to_string(i)).c_str());
      one.context.run();
    });
  }
}

void IoThreads::stop() {
  for (const auto& one : state_->all) {
    one->work.reset();
  }
  for (const auto& one : state_->all) {
    if (one->thread.joinable()) {
      one->thread.join();
    }
  }
}

std::size_t IoThreads::current() {
  return current_thread;
}

struct BlockingPool::State {
  explicit State(std::size_t threads) : pool(threads) {}
  asio::thread_pool pool;
};

BlockingPool::BlockingPool(std::size_t threads) : state_(std::make_unique<State>(threads)) {}
BlockingPool::~BlockingPool() {
  state_->pool.join();
}

// The coroutine itself stays on its thread: on the pool, a cancellation would race with it, and an
// exception would end it there.
asio::awaitable<void> BlockingPool::run_task(Task work) {
  return asio::async_initiate<decltype(asio::use_awaitable), void(std::exception_ptr)>(
      [this](auto handler, Task wanted) {
        auto home = asio::make_work_guard(asio::get_associated_executor(handler));
        asio::post(state_->pool, [handler = std::move(handler), wanted = std::move(wanted),
                                  home = std::move(home)]() mutable {
          std::exception_ptr failure;
          try {
            wanted();
          } catch (...) {
            failure = std::current_exception();
          }
          asio::post(home.get_executor(), [handler = std::move(handler), failure]() mutable {
            std::move(handler)(failure);
          });
        });
      },
      asio::use_awaitable, std::move(work));
}

}  // namespace postrider::net
