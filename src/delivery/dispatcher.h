// All of delivery: one worker for each io thread, and the way between them.
//
// Within it times are steady (base/clock.h), so that nobody expires, hurries or is stuck because
// somebody has set the machine's clock. They are turned at the way in and out: add(),
// add_recovered() and entries() have wall times, the recorder is told steady ones.
//
// Threads: add() on an io thread; set_options(), tick(), the questions and stop() from any
// coroutine on an io thread.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "delivery/worker.h"

namespace postrider::delivery {

/// What waits, by site, and why; for `queue`.
struct QueueEntry {
  queue::Waiting waiting;
  std::string site;      ///< of the ready queue it is in; empty: it waits for its time or for DNS
  bool is_held = false;  ///< for its account's pause to end
};

class Dispatcher {
 public:
  Dispatcher(const Services& services, std::shared_ptr<const Options> options);
  ~Dispatcher();

  /// On an io thread: its own worker takes the recipient.
  void add(queue::Waiting waiting);
  /// Before the threads start: spreads what was recovered. No time of it is believed that lies
  /// further ahead than its schedule allows: the clock was set back meanwhile, or is wrong now.
  void add_recovered(queue::Waiting waiting);

  /// For workers: to the thread that the site belongs to.
  void send_to_site(std::size_t from, const DestinationPtr& destination, queue::Waiting waiting);

  void set_options(std::shared_ptr<const Options> options);
  void tick();
  void look_at_pauses();  ///< once the directory says so; any thread

  boost::asio::awaitable<WorkerFigures> figures();
  /// At most `limit` entries, in no order.
  boost::asio::awaitable<std::vector<QueueEntry>> entries(std::size_t limit);
  boost::asio::awaitable<std::size_t> hurry(std::string domain);
  /// As Worker::withdraw(), of all: whoever is taken out is the caller's to settle.
  boost::asio::awaitable<std::vector<RecipientId>> withdraw(std::set<RecipientId> recipients);
  /// Ends all workers at once, within one `limit`.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds limit);

 private:
  template <class T>
  boost::asio::awaitable<std::vector<T>> ask_all(std::function<T(Worker&)> question);

  const Services& services_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace postrider::delivery
