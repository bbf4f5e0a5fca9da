// One consumer of the event log at its work: a thread that reads batches from its cursor on, gives
// them to the consumer and commits what follows from them together with the cursor.
//
// Thread: the functions that are public may be called by any; what a consumer does happens on the
// runner's thread. A batch that fails comes again; whoever stands still is told of in the event
// log.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "events/consumers.h"
#include "events/cursor.h"

namespace postrider::events {

/// Where consumers work. All of it outlives them.
struct ConsumerPlace {
  store::Store& store;
  const EventStore& events;
  net::Mailbox& mailbox;  ///< hears of commits
  std::function<Time()> now;
  Damage& damage;
};

class ConsumerRunner {
 public:
  ConsumerRunner(const ConsumerPlace& place, std::unique_ptr<Consumer> consumer);
  ConsumerRunner(const ConsumerRunner&) = delete;
  ConsumerRunner& operator=(const ConsumerRunner&) = delete;
  const Consumer& consumer() const { return *consumer_; }

  void start();
  void stop();
  void replay(std::uint64_t next);
  void log_begins_at(std::uint64_t first);
  ConsumerFigures figures() const;

 private:
  void run();

  /// Finds its cursor. False: it has stopped until it is told where to begin.
  bool begin();

  /// Where it begins for the first time, so that a crash does not let it begin later.
  bool keep(const Cursor& cursor);
  bool begin_again(std::uint64_t next);

  /// What lies in front of `first` has gone unread.
  void go_on_at(std::uint64_t first);

  /// One batch. False: it has come to where the log ended.
  Result<bool> work();

  struct Batch {
    Cursor cursor;  ///< behind it
    std::uint64_t events = 0;
    std::vector<std::uint64_t> unreadable_at;
  };

  /// Reads a batch and gives it to the consumer, a page at a time; no further than the first page
  /// that comes to `last`.
  Result<Batch> take(std::uint64_t last, store::Step& step);
  void has_failed(const Error& why);
  void tell_if_it_stands_still();

  /// As an event; false: it could not be written.
  bool tell(std::string what, const std::string& how);

  /// Returns when it is durable; when the consumer is to stop, without knowing.
  Result<> commit(store::Step step);
  bool is_stopping() const;
  std::optional<std::uint64_t> take_replay();
  std::uint64_t take_first();
  void wait(std::chrono::milliseconds limit);
  void set_cursor(const Cursor& cursor);

  /// Logged once, however long it lasts.
  void set_problem(std::string problem);

  const ConsumerPlace& place_;
  const std::unique_ptr<Consumer> consumer_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::optional<std::uint64_t> replay_;
  std::uint64_t first_ = 0;  // where the log begins, if that is news
  std::uint64_t lost_ = 0;
  // Of the thread alone:
  std::uint64_t committed_ = 0;  // the cursor as it is in the database
  std::uint64_t failed_in_a_row_ = 0;
  std::optional<std::chrono::steady_clock::time_point> stands_since_;
  bool told_ = false;
  // Written by the thread alone, so that it reads them without the lock:
  Cursor cursor_;
  std::string problem_;
  std::uint64_t taken_ = 0;
  std::uint64_t failures_ = 0;
  std::thread thread_;
};

}  // namespace postrider::events
