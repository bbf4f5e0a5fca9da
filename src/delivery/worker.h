// Delivery on one io thread: recipients that wait for a time or for a pause to end, domains whose
// destination is being looked up, and the sites that belong to this thread.
//
// A site belongs to the thread that its name hashes to. A recipient that falls due is placed: its
// destination is known (a route, or a look-up of the last minutes) or looked up, and it goes to the
// site's thread as part of a batch. Until it has been tried it may wait on any thread.
//
// Thread: its own, but for give() and the figures that are asked for through the mailbox.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "delivery/destination.h"
#include "delivery/destination_cache.h"
#include "delivery/held_mail.h"
#include "delivery/paced_schedule.h"
#include "delivery/services.h"
#include "delivery/site.h"
#include "net/task_group.h"
#include "queue/waiting.h"

namespace postrider::delivery {

class Dispatcher;

struct WorkerFigures {
  std::vector<SiteFigures> sites;
  std::size_t scheduled = 0;
  std::size_t looking_up = 0;  ///< recipients that wait for DNS
  std::size_t held = 0;        ///< that wait for their account's pause to end
};

class Worker {
 public:
  Worker(std::size_t index, const Services& services, Dispatcher& dispatcher);
  ~Worker();

  /// Takes a recipient: due now or later.
  void add(queue::Waiting waiting);
  /// The same; its times are wall times. What fell due while we were away comes at the pace of
  /// retries, unless it has never been tried.
  void add_recovered(queue::Waiting waiting);
  /// Takes one whose site is this thread's.
  void add_to_site(const DestinationPtr& destination, queue::Waiting waiting);

  void set_options(std::shared_ptr<const Options> options);
  void tick();  ///< the clock has jumped
  /// An account's bulk mail has been paused, or goes on: at the pace of retries.
  void look_at_pauses();

  /// Everything that waits here; for `queue`.
  void for_each(const std::function<void(const queue::Waiting&, const std::string& site,
                                         bool is_held)>& look) const;
  WorkerFigures figures() const;

  /// Makes all scheduled recipients of a domain (empty: all) due now. How many.
  std::size_t hurry(const std::string& domain);

  /// Takes these out, where they wait: those that are being sent right now stay, and so do those on
  /// their way from one thread to another. Those that were taken out.
  std::vector<RecipientId> withdraw(const std::set<RecipientId>& recipients);

  /// Ends: running transactions have `limit` to finish.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds limit);

 private:
  void place(queue::Waiting waiting);
  boost::asio::awaitable<void> look_up(std::string domain);
  void look_up_failed(const std::string& domain, const dns::MxFailure& failure);
  void sweep();
  boost::asio::awaitable<void> sweep_now_and_then();
  bool is_expired(const queue::Waiting& waiting, Time now) const;
  void expire(queue::Waiting waiting);
  void record(Attempt attempt);

  std::size_t index_;
  const Services& services_;
  Dispatcher& dispatcher_;
  boost::asio::io_context& context_;
  std::shared_ptr<const Options> options_;
  net::TaskGroup tasks_;
  PacedSchedule schedule_;
  HeldMail held_;
  DestinationCache destinations_;
  std::unordered_map<std::string, std::vector<queue::Waiting>> looking_up_;  ///< by domain
  std::map<std::string, std::shared_ptr<Site>> sites_;
  bool stopping_ = false;
};

}  // namespace postrider::delivery
