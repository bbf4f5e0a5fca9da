#include "store/blocking_commit.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace postrider::store {
namespace {

constexpr std::chrono::milliseconds kLookAgain{50};

/// Outlives whoever has stopped waiting for it.
struct Pending {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<>> done;
};

}  // namespace

Result<> commit_and_wait(Store& store, net::Mailbox& mailbox, Step step, Urgency urgency,
                         const std::function<bool()>& is_stopping) {
  auto pending = std::make_shared<Pending>();
  std::vector<Store::Request> requests;
  requests.push_back({.step = std::move(step),
                      .urgency = urgency,
                      .completed =
                          [pending](const Result<>& done) {
                            const std::lock_guard lock(pending->mutex);
                            pending->done = done;
                            pending->changed.notify_all();
                          },
                      .reply_to = &mailbox});
  store.submit(requests);
  std::unique_lock lock(pending->mutex);
  while (!pending->done) {
    pending->changed.wait_for(lock, kLookAgain);
    if (!pending->done && is_stopping()) {
      return fail(Errc::closed, "stopping");
    }
  }
  return *pending->done;
}

}  // namespace postrider::store
