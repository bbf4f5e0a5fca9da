// Whoever derives something from the event log: counters, indexes, deliveries to others. Each reads
// from a cursor of its own, in sequence order, in batches, on a thread of its own with low
// priority; what it derives and its cursor go into one step, as a note. So nothing here is on a
// message's way, a slow consumer delays nobody, and a crash neither loses nor doubles anything.
//
// One batch is read, derived and committed before the next one is read, in pages where it is large:
// memory is bounded by a page and by what is derived from a batch. An event that can't be read is
// counted, set aside and skipped, and an `operational` event tells of it once. A cursor past the
// end of the log (a restored backup, a lost end) stops that consumer, with an error that says what
// to do; so does a cursor that can't be read. That a consumer has stood still for ten seconds is
// told as an `operational` event, and that it goes on.
//
// Thread: any, but for start() and stop(). Consumer: its own thread, where nothing else is said.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
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

class ConsumerRunner;
struct ConsumerPlace;
class Damage;
class EventStore;

class Consumer {
 public:
  virtual ~Consumer() = default;

  virtual std::string_view name() const = 0;          ///< of the cursor: stays
  virtual std::size_t batch() const { return 1000; }  ///< events at most for one step
  /// Of a batch, so many at once are in memory and given to take().
  virtual std::size_t page() const { return batch(); }
  /// Once it has come to the end of the log, what comes gathers for so long.
  virtual std::chrono::milliseconds pause() const { return std::chrono::milliseconds(50); }

  /// Types of events that it is given; none: all. Others cost it next to nothing.
  virtual std::span<const Type> wants() const { return {}; }
  /// Fields that it reads of an event, beside sequence and type; the others are empty.
  virtual FieldSet reads() const { return FieldSet::all(); }

  /// Where one begins that has never read; `end` is the number of the next event to come.
  virtual std::uint64_t begins_at(std::uint64_t /*end*/) const { return 1; }

  /// Takes a page of a batch; called again until the batch is whole, there is nothing more, or
  /// is_full(). What follows from it goes into `step`, at once or by finish(), which is called at
  /// the batch's end; the step is durable before the next batch begins. An error (the store can't
  /// be read, nobody takes what it tells): the batch comes again after try_again(), perhaps with
  /// other pages or more events at its end, and forget() is called in between.
  virtual Result<> take(std::span<const Event> events, store::Step& step) = 0;
  /// As much is in hand as one step should hold.
  virtual bool is_full() const { return false; }
  virtual Result<> finish(store::Step& /*step*/) { return {}; }
  /// How long to wait after so many failures in a row.
  virtual std::chrono::milliseconds try_again(std::uint64_t /*failures*/) const {
    return std::chrono::seconds(1);
  }
  /// At the end of the log, every pause() or so.
  virtual void idle() {}
  /// Any thread: whatever take() waits for, it is to return now.
  virtual void stop_waiting() {}
  /// The last batch did not become durable: what is kept in memory may be wrong.
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
  std::uint64_t lost = 0;      ///< events that went before it had read them, since the start
  std::uint64_t taken = 0;     ///< events, since the start
  std::uint64_t failures = 0;  ///< batches that it could not take, since the start
  std::string problem;         ///< set while it has stopped, or reading fails
};

class Consumers {
 public:
  /// All outlive it; `mailbox` hears of commits; `now` dates what is told of consumers.
  Consumers(
      store::Store& store, const EventStore& events, net::Mailbox& mailbox,
      std::function<Time()> now = [] { return SystemClock().now(); });
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
  const std::unique_ptr<Damage> damage_;
  const std::unique_ptr<const ConsumerPlace> place_;
  std::vector<std::unique_ptr<ConsumerRunner>> runners_;
};

}  // namespace postrider::events
