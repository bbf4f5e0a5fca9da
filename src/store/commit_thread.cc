#include "store/commit_thread.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <rocksdb/convenience.h>
#include <sys/prctl.h>
#include <thread>
#include <utility>

#include "base/fault.h"
#include "base/log.h"
#include "store/acknowledged_file.h"
#include "store/database.h"
#include "store/free_space.h"
#include "store/rocks_options.h"
#include "store/step_encoder.h"

namespace postrider::store {
namespace {

using Request = Store::Request;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::seconds kFullRetry{1};
constexpr std::size_t kBatchBytes = 32 << 20;  // what one commit copies at most, but for one step

/// Of the reserve, where it is large: what RocksDB needs to bring its memory to disk.
constexpr std::uint64_t kFullBelow = 64 << 20;

/// More than all who write to a disk bring there between two looks of FreeSpace::lately(), 250 ms:
/// with this much above the limit, a commit need not look itself (1 us).
constexpr std::uint64_t kFilledMeanwhile = 2ULL << 30;

bool is_promise(const Request& request) {
  return request.urgency == Urgency::promise;
}

std::size_t size_of(const Request& request) {
  std::size_t size = 0;
  for (const Step::Write& write : request.step.writes()) {
    size += write.key.size() + write.head.size() + (write.tail ? write.tail->size() : 0);
  }
  for (const Step::Record& record : request.step.records()) {
    size += record.bytes.size();
  }
  return size;
}

/// The first of `queue` that does not go into the next commit.
std::vector<Request>::iterator end_of_batch(std::vector<Request>& queue) {
  std::size_t size = 0;
  return std::ranges::find_if(queue, [&](const Request& request) {
    const bool is_first = size == 0;
    size += size_of(request) + 1;
    return size > kBatchBytes && !is_first;
  });
}

}  // namespace

struct CommitThread::State {
  State(Database& d, AcknowledgedFile& a, const StoreOptions& o, std::uint64_t last)
      : database(d), acknowledged(a), options(o), space(o.directory), last_sequence(last) {}

  void run() {
    ::prctl(PR_SET_NAME, "commit");
    hear_of_background();
    std::vector<Request> batch;
    while (take(batch)) {
      hear_of_background();
      if (!is_full || is_latched) {
        commit(batch);
      } else if (look_for_room()) {
        put_back(batch);
      } else {
        hold_notes(batch);
        answer(batch, fail(Errc::unavailable, "the disk is full"));
      }
      batch.clear();
      if (failure && on_latched) {
        std::exchange(on_latched, nullptr)(*failure);
      }
    }
  }

  void hear_of_background() {
    if (const auto error = database.background_errors().take()) {
      (void)refuse(*error);
    }
  }

  /// Waits until there is something to do. False: the store is ending and nothing is left.
  bool take(std::vector<Request>& batch) {
    std::unique_lock lock(mutex);
    while (promises == 0 && !ending && !is_called) {
      if (is_full && !is_latched) {  // latched, it looks for no room: there is nothing to wake for
        if (wanted.wait_until(lock, look_again) == std::cv_status::timeout) {
          break;
        }
      } else if (queue.empty()) {
        wanted.wait(lock);
      } else if (wanted.wait_until(lock, notes_due) == std::cv_status::timeout) {
        break;
      }
    }
    is_called = false;
    if (ending) {
      look_again = {};
    }
    // While the disk is full everything is taken: promises behind many notes are refused too.
    if (const auto end = is_full ? queue.end() : end_of_batch(queue); end == queue.end()) {
      batch.swap(queue);
    } else {
      batch.assign(std::move_iterator(queue.begin()), std::move_iterator(end));
      queue.erase(queue.begin(), end);
    }
    promises -= static_cast<std::size_t>(std::ranges::count_if(batch, is_promise));
    return !batch.empty() || !ending;
  }

  void commit(std::vector<Request>& batch) {
    if (batch.empty()) {
      return;
    }
    const Result<> done = write(batch);
    if (!done && is_full && !is_latched) {
      hold_notes(batch);
    }
    answer(batch, done);
  }

  Result<> write(const std::vector<Request>& batch) {
    if (is_latched) {
      return fail(Errc::unavailable, "storage failed earlier and takes nothing any more");
    }
    if (space.lately() < full_below + kFilledMeanwhile && space.now() < full_below) {
      become_full("only the last of the reserve is free");
      return fail(Errc::unavailable, "the disk is full");
    }
    const std::uint64_t next = encoder.encode(batch, last_sequence + 1);
    if (!database.log_space().take(encoder.writes().GetDataSize())) {
      become_full("there is no room for the log");
      return fail(Errc::unavailable, "the disk is full");
    }
    rocksdb::WriteOptions how;
    how.sync = true;
    fault_point("before-sync");
    const rocksdb::Status status = database.rocks().Write(how, &encoder.writes());
    fault_point("after-sync");
    if (!status.ok()) {
      return refuse(status);
    }
    last_sequence.store(next - 1, std::memory_order_release);
    acknowledged.set(database.rocks().GetLatestSequenceNumber());
    commits.fetch_add(1, std::memory_order_relaxed);
    steps.fetch_add(batch.size(), std::memory_order_relaxed);
    bytes.fetch_add(encoder.writes().GetDataSize(), std::memory_order_relaxed);
    return {};
  }

  /// A note tells what has happened already: it waits for room, however long. Promises are refused,
  /// and so is everything once the store is ending.
  void hold_notes(std::vector<Request>& batch) {
    const std::lock_guard lock(mutex);
    if (ending) {
      return;
    }
    std::vector<Request> promised;
    std::vector<Request> held;
    for (Request& request : batch) {
      (is_promise(request) ? promised : held).push_back(std::move(request));
    }
    batch.swap(promised);
    put_in_front(held);
  }

  /// What was taken while the disk was full may be more than one commit takes.
  void put_back(std::vector<Request>& batch) {
    const std::lock_guard lock(mutex);
    promises += static_cast<std::size_t>(std::ranges::count_if(batch, is_promise));
    put_in_front(batch);
  }

  /// In front of what has come since: a recipient's steps stay in their order. Under the lock.
  void put_in_front(std::vector<Request>& requests) {
    std::ranges::move(queue, std::back_inserter(requests));
    queue.swap(requests);
    notes_due = {};
  }

  /// Sets is_full or latches.
  std::unexpected<Error> refuse(const rocksdb::Status& status) {
    if (status.IsNoSpace()) {
      become_full(status.ToString());
      return fail(Errc::unavailable, "the disk is full");
    }
    return latch(status.ToString());
  }

  void become_full(const std::string& why) {
    look_again = std::chrono::steady_clock::now() + kFullRetry;
    if (!is_full.exchange(true)) {
      log::error("the disk is full: new mail is refused until there is room", {{"why", why}});
    }
  }

  std::unexpected<Error> latch(const std::string& why) {
    if (!failure) {
      failure = Error(Errc::unavailable, "writing to the database: " + why);
      is_latched = true;
      failures.fetch_add(1, std::memory_order_relaxed);
      log::error("writing to the database failed: nothing more is written", {{"why", why}});
    }
    return fail(*failure);
  }

  /// A log that found no room is never gone on with: RocksDB 7.8 keeps the broken file if it has
  /// nothing in memory, and ends the process by an assertion at the next write.
  bool look_for_room() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < look_again) {
      return false;
    }
    look_again = now + kFullRetry;
    if (space.now() < 2 * full_below) {
      return false;
    }
    if (database.background_errors().log_has_failed()) {
      (void)latch("the disk was full, and the log can only be begun anew by a new start");
      return false;
    }
    if (!database.log_space().take(0)) {
      return false;
    }
    const rocksdb::Status status = resume();
    if (status.IsBusy() || status.IsNoSpace()) {  // Busy: it is trying by itself
      return false;
    }
    if (!status.ok()) {
      (void)latch(status.ToString());
      return false;
    }
    is_full = false;
    log::info("there is room on the disk again: mail is accepted", {});
    return true;
  }

  /// RocksDB keeps its error until it is told that the cause is gone; it then brings what it has in
  /// memory to disk, and waits for that. A flush that waited for its thread when the error came it
  /// has put aside without beginning it, and waits for it for ever (7.8, BackgroundFlush).
  rocksdb::Status resume() {
    resuming = std::async(std::launch::async, [this] { return database.rocks().Resume(); });
    if (resuming.wait_for(options.resume_wait) == std::future_status::timeout) {
      rocksdb::CancelAllBackgroundWork(&database.rocks());  // so that it can be closed
      return rocksdb::Status::TimedOut("the disk was full, and the database does not go on");
    }
    return resuming.get();
  }

  /// One hand-over for each thread that waits.
  void answer(std::vector<Request>& batch, const Result<>& done) {
    for (Request& request : batch) {
      if (request.completed) {
        completions_for(request.reply_to).push_back(std::move(request.completed));
      }
    }
    for (auto& [mailbox, completions] : answers) {
      if (!completions.empty()) {
        mailbox->post([completed = std::exchange(completions, {}), done]() mutable {
          for (Completion& completion : completed) {
            completion(done);
          }
        });
      }
    }
  }

  std::vector<Completion>& completions_for(net::Mailbox* mailbox) {
    for (auto& [known, completions] : answers) {  // as many as there are io threads
      if (known == mailbox) {
        return completions;
      }
    }
    return answers.emplace_back(mailbox, std::vector<Completion>()).second;
  }

  void call() {
    {
      const std::lock_guard lock(mutex);
      is_called = true;
    }
    wanted.notify_one();
  }

  Database& database;
  AcknowledgedFile& acknowledged;
  const StoreOptions options;
  const FreeSpace space;
  const std::uint64_t full_below = std::min(options.reserve_bytes / 4, kFullBelow);
  std::function<void(const Error&)> on_latched;

  std::mutex mutex;
  std::condition_variable wanted;
  std::vector<Request> queue;
  std::size_t promises = 0;  // in the queue
  SteadyTime notes_due;      // of the oldest note, while the queue holds nothing else
  bool ending = false;
  bool is_called = false;  // something else than the queue wants the thread

  // Of the commit thread.
  StepEncoder encoder{database};
  SteadyTime look_again;         // for room, while the disk is full
  std::optional<Error> failure;  // set once: latched
  std::future<rocksdb::Status> resuming;
  std::vector<std::pair<net::Mailbox*, std::vector<Completion>>> answers;
  std::thread committing;

  std::atomic<std::uint64_t> last_sequence;
  std::atomic<bool> is_latched = false;
  std::atomic<bool> is_full = false;
  std::atomic<std::uint64_t> commits = 0;
  std::atomic<std::uint64_t> steps = 0;
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<std::uint64_t> failures = 0;
};

CommitThread::CommitThread(Database& database, AcknowledgedFile& acknowledged,
                           const StoreOptions& options, std::uint64_t last_sequence)
    : state_(std::make_unique<State>(database, acknowledged, options, last_sequence)) {}

CommitThread::~CommitThread() {
  state_->database.background_errors().listen(nullptr);
  if (state_->committing.joinable()) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->ending = true;
    }
    state_->wanted.notify_one();
    state_->committing.join();
  }
}

void CommitThread::start(std::function<void(const Error&)> on_latched) {
  assert(!state_->committing.joinable());
  state_->on_latched = std::move(on_latched);
  state_->database.background_errors().listen([this] { state_->call(); });
  state_->committing = std::thread([this] { state_->run(); });
}

void CommitThread::submit(std::vector<Request>& requests) {
  if (requests.empty()) {
    return;
  }
  assert(std::ranges::all_of(
      requests, [](const Request& one) { return !one.completed || one.reply_to != nullptr; }));
  const auto promises = static_cast<std::size_t>(std::ranges::count_if(requests, is_promise));
  bool must_wake = false;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->queue.empty()) {
      state_->notes_due = std::chrono::steady_clock::now() + state_->options.note_wait;
      must_wake = true;
    }
    must_wake = must_wake || (promises > 0 && state_->promises == 0);
    state_->promises += promises;
    std::ranges::move(requests, std::back_inserter(state_->queue));
  }
  requests.clear();
  if (must_wake) {
    state_->wanted.notify_one();
  }
}

std::uint64_t CommitThread::last_sequence() const {
  return state_->last_sequence.load(std::memory_order_acquire);
}

bool CommitThread::takes_writes() const {
  return !state_->is_latched && !state_->is_full;
}

bool CommitThread::has_room(std::uint64_t bytes) const {
  return takes_writes() && state_->space.lately() >= state_->options.reserve_bytes + bytes;
}

StoreFigures CommitThread::figures() const {
  return {.commits = state_->commits.load(),
          .steps = state_->steps.load(),
          .syncs_failed = state_->failures.load(),
          .bytes = state_->bytes.load(),
          .is_latched = state_->is_latched.load(),
          .is_full = state_->is_full.load()};
}

}  // namespace postrider::store
