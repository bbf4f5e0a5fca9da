// A store that runs, with the completions on the thread of the test.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "net/io_threads.h"
#include "store/committer.h"
#include "store/store.h"

namespace postrider::test {

/// As a relay with one io thread has them.
inline std::vector<store::Committer> committers_of(store::Store& store,
                                                   boost::asio::io_context& context,
                                                   net::Mailbox& mailbox) {
  std::vector<store::Committer> made;
  made.emplace_back(store, context, mailbox);
  return made;
}

class RunningStore {
 public:
  explicit RunningStore(const store::StoreOptions& options) : store_(open(options)) {
    store_->start([this](const Error& why) {
      latched_with_ = why.text();
      ++times_latched_;
    });
  }
  explicit RunningStore(const std::filesystem::path& directory)
      : RunningStore(store::StoreOptions{.directory = directory, .reserve_bytes = 1 << 20}) {}

  store::Store& operator*() const { return *store_; }
  store::Store* operator->() const { return store_.get(); }
  net::Mailbox& mailbox() { return mailbox_; }
  boost::asio::io_context& context() { return io_; }
  int times_latched() const { return times_latched_; }

  void submit(store::Step step, store::Urgency urgency, store::Completion completed = {}) {
    std::vector<store::Store::Request> requests;
    requests.push_back({.step = std::move(step),
                        .urgency = urgency,
                        .completed = std::move(completed),
                        .reply_to = &mailbox_});
    store_->submit(requests);
  }

  /// Submits and waits.
  Result<> commit(store::Step step, store::Urgency urgency = store::Urgency::promise) {
    std::optional<Result<>> done;
    submit(std::move(step), urgency, [&](const Result<>& result) { done = result; });
    if (!run_until([&] { return done.has_value(); })) {
      return fail(Errc::timeout, "no answer to a commit");
    }
    return *done;
  }

  /// Runs completions until `condition` holds; false if it does not within the limit.
  bool run_until(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(40);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) {
        return false;
      }
      io_.run_one_for(std::chrono::milliseconds(5));
    }
    return true;
  }

 private:
  static std::unique_ptr<store::Store> open(const store::StoreOptions& options) {
    Result<std::unique_ptr<store::Store>> opened = store::Store::open(options);
    if (!opened) {
      throw std::runtime_error(opened.error().text());
    }
    return *std::move(opened);
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  net::Mailbox mailbox_{io_};
  std::string latched_with_;  // of the commit thread, until times_latched_ says that it is there
  std::atomic<int> times_latched_ = 0;
  std::unique_ptr<store::Store> store_;
};

inline store::Step put(store::Table table, std::string key, std::string value) {
  store::Step step;
  step.put(table, std::move(key), std::move(value));
  return step;
}

}  // namespace postrider::test
