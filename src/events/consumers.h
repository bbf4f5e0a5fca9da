// Whoever derives something from the event log: counters, indexes, deliveries to others. Each reads
// from a cursor of its own, in sequence order, in batches, on a thread of its own with low
// priority; what it derives and its cursor go into one step, as a note. So nothing here is on a
// message's way, a slow consumer delays nobody, and a crash neither loses nor doubles anything.
//
// One batch is read, derived and committed before the next one is read: memory is bounded by the
// batch. An event that can't be read is counted and skipped. A cursor past the end of the log (a
// restored backup, a lost end) stops that consumer, with an error that says what to do; so does a
// cursor that can't be read.
//
// Thread: any, but for start() and stop(). Consumer: its own thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "events/event.h"
#include "store/step.h"

namespace postrider::net {
class Mailbox;
}
namespace postrider::store {
class Store;
}

namespace postrider::events {

class EventStore;

class Consumer {
 public:
  virtual ~Consumer() = default;

  virtual std::string_view name() const = 0;          ///< of the cursor: stays
  virtual std::size_t batch() const { return 1000; }  ///< events at most for one step
  /// Once it has come to the end of the log, what comes gathers for so long.
  virtual std::chrono::milliseconds pause() const { return std::chrono::milliseconds(50); }

  /// Types of events that it is given; none: all. Others cost it next to nothing.
  virtual std::span<const Type> wants() const { return {}; }

  /// Writes what follows from these into `step`, which is durable before the next call. An error
  /// (the store can't be read): the batch comes again a second later, after forget().
  virtual Result<> take(std::span<const Event> events, store::Step& step) = 0;
  /// The last step did not become durable: what is kept in memory may be wrong.
  virtual void forget() {}

  /// Errc::invalid, saying what can be done: it can't begin at `next`.
  virtual Result<> can_begin_at(std::uint64_t next) const = 0;
  /// Writes into `step` what is to go as it begins again at `next`.
  virtual void begin_at(std::uint64_t next, store::Step& step) = 0;
};

struct ConsumerFigures {
  std::string name;
  std::uint64_t next = 0;
  std::uint64_t lag = 0;  ///< events that wait
  std::uint64_t unreadable = 0;
  std::uint64_t lost = 0;  ///< events that went before it had read them, since the start
  std::string problem;     ///< set while it has stopped, or reading fails
};

class Consumers {
 public:
  /// All outlive it; `mailbox` hears of commits.
  Consumers(store::Store& store, const EventStore& events, net::Mailbox& mailbox);
  ~Consumers();  ///< stop()
  Consumers(const Consumers&) = delete;
  Consumers& operator=(const Consumers&) = delete;

  void add(std::unique_ptr<Consumer> consumer);  ///< before start() only
  void start();
  /// Returns once no thread is left; a batch that is being committed is not waited for.
  void stop();

  /// Begins again at `next` (0 is not a number); the consumer does so when it is done with what it
  /// has in hand. Errc::not_found; Errc::invalid as Consumer::can_begin_at().
  Result<> replay(std::string_view name, std::uint64_t next);

  /// The log begins at `first` now. A consumer that has not come that far goes on there, with an
  /// event that says how many it has lost.
  void log_begins_at(std::uint64_t first);

  std::vector<ConsumerFigures> figures() const;

 private:
  class Runner;
  store::Store& store_;
  const EventStore& events_;
  net::Mailbox& mailbox_;
  std::vector<std::unique_ptr<Runner>> runners_;
};

}  // namespace postrider::events
