// A destination site: what waits for it, the connections to it, and the limits that hold for it. It
// belongs to one io thread, so that nothing here needs a lock.
//
// A further connection is opened only when those that are open have a backlog: a message more for
// an open connection costs microseconds, a connection a dialogue.
//
// When no host of the site will talk to us and no connection is left, everything that was ready
// when we began to knock is deferred with that reason: each keeps its own schedule and expiry.
//
// Thread: its own; a shared_ptr, because its connections keep it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "delivery/connector.h"
#include "delivery/destination.h"
#include "delivery/services.h"
#include "net/event.h"
#include "net/task_group.h"
#include "queue/ready_queue.h"

namespace postrider::delivery {

/// For `queue` and metrics.
struct SiteFigures {
  std::string site;
  std::size_t ready = 0;
  std::size_t connections = 0;
  std::uint32_t connections_max = 0;
  std::string trouble;  ///< why it is not being tried at the moment; empty if it is
};

class Site : public std::enable_shared_from_this<Site> {
 public:
  using Record = std::function<void(Attempt)>;
  /// `record` takes every attempt. `options` are those of the moment, asked for each connection.
  Site(DestinationPtr destination, const Services& services,
       std::function<std::shared_ptr<const Options>()> options, net::TaskGroup& tasks,
       boost::asio::io_context& context, Record record);

  void add(queue::Waiting waiting);
  void set_destination(DestinationPtr destination) { destination_ = std::move(destination); }

  /// Takes out what has expired while it was ready; hands it to `expired`.
  void sweep(const std::function<bool(const queue::Waiting&)>& is_expired,
             const std::function<void(queue::Waiting)>& expired);

  /// No new connection and no new transaction from now on.
  void stop();

  /// Nothing is lost with it: nothing waits, no connection, its rate would let a message go, and no
  /// more of its hosts are in trouble than the next try could begin with all the same.
  bool is_idle();
  SiteFigures figures() const;
  const queue::ReadyQueue& ready() const { return ready_; }

  // For its connections.

  /// The next to be sent, several only where they share one transaction; empty: nothing for now.
  std::vector<queue::Waiting> take(std::uint32_t recipients_max);
  void put_back(std::vector<queue::Waiting> waiting);
  void record(Attempt attempt) { record_(std::move(attempt)); }
  const DestinationPtr& destination() const { return destination_; }
  const Services& services() const { return services_; }
  std::shared_ptr<const Options> options() const { return options_(); }
  TroubledHosts& troubled() { return troubled_; }
  /// Waits until there may be something to take, `limit` at most.
  boost::asio::awaitable<void> wait_for_work(std::chrono::milliseconds limit);
  bool is_stopping() const { return stopping_; }
  std::size_t next_turn() { return turn_++; }

 private:
  class Opening;
  static boost::asio::awaitable<void> run_connection(std::shared_ptr<Site> self);
  void pump();
  bool has_token();
  void refused(const Refusal& refusal, const Opening& opening);
  bool is_connected() const { return connections_ > opening_.size(); }
  void pump_later(std::chrono::steady_clock::time_point when);

  DestinationPtr destination_;
  const Services& services_;
  std::function<std::shared_ptr<const Options>()> options_;
  net::TaskGroup& tasks_;
  boost::asio::io_context& context_;
  Record record_;
  queue::ReadyQueue ready_;
  TroubledHosts troubled_;
  std::size_t connections_ = 0;      ///< also those that are being opened
  std::set<std::uint64_t> opening_;  ///< by number: in the order in which they began
  std::uint64_t openings_ = 0;       ///< so far
  std::size_t added_ = 0;            ///< recipients so far
  std::vector<net::Event*> idle_;    ///< of connections that wait for work; the latest last
  std::size_t turn_ = 0;
  bool stopping_ = false;
  std::string trouble_;
  std::chrono::steady_clock::time_point open_not_before_{};
  double tokens_ = 1;
  std::chrono::steady_clock::time_point tokens_at_{};
  boost::asio::steady_timer timer_;
  bool timer_is_set_ = false;
};

}  // namespace postrider::delivery
