// One io thread's way to the store: gathers the steps of one round of its loop, submits them
// together, and resumes those who wait for them.
//
// Thread: its own.
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "net/io_threads.h"
#include "store/store.h"

namespace postrider::store {

class Committer {
 public:
  Committer(Store& store, boost::asio::io_context& context, net::Mailbox& mailbox);

  /// Returns once the step is durable.
  boost::asio::awaitable<Result<>> commit(Step step);

  /// `completed` may be empty. Runs on this thread.
  void note(Step step, Completion completed);

 private:
  void add(Step step, Urgency urgency, Completion completed);

  Store& store_;
  boost::asio::io_context& context_;
  net::Mailbox& mailbox_;
  std::vector<Store::Request> gathered_;
};

}  // namespace postrider::store
