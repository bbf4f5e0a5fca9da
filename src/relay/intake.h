// The way in: what every submission goes through, whether it came over SMTP, over HTTP or is a
// report of our own. Prepares, writes message and events in one synced step, and hands the
// recipients to delivery. When accept() returns an id, the message is on stable storage.
//
// Thread: any io thread; comes back to it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/ids.h"
#include "base/result.h"
#include "delivery/dispatcher.h"
#include "directory/directory.h"
#include "events/event_store.h"
#include "relay/prepare.h"
#include "relay/tracking_refusals.h"
#include "relay/traffic.h"
#include "spool/spool.h"
#include "store/committer.h"
#include "suppression/list.h"

namespace postrider::retention {
class ContentStore;
}

namespace postrider::relay {

/// Counters since the start; for metrics.
struct IntakeFigures {
  std::atomic<std::uint64_t> messages = 0;
  std::atomic<std::uint64_t> recipients = 0;
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<std::uint64_t> refused = 0;
  std::atomic<std::uint64_t> suppressed = 0;  ///< recipients, of those accepted
};

class Intake {
 public:
  struct Parts {
    const Clock& clock;
    IdSource& ids;
    spool::Spool& spool;
    const events::EventStore& events;
    const directory::Directory& directory;
    std::vector<store::Committer>& committers;  ///< one for each io thread
    Installation installation;
    std::uint64_t fresh_bytes_max = 0;                ///< bodies kept in memory for first attempts
    const suppression::List* suppressions = nullptr;  ///< null: none
    const TrackingRefusals* refusals = nullptr;       ///< null: none
    retention::ContentStore* content = nullptr;       ///< null: none is kept for people to look at
    std::function<Duration()> content_kept = {};  ///< by the installation; asked for each message
    Traffic* traffic = nullptr;                   ///< null: nobody asks
  };
  explicit Intake(Parts parts);

  /// `deliver` takes the recipients of what has been accepted, on the accepting thread.
  void set_delivery(std::function<void(queue::Waiting)> deliver) { deliver_ = std::move(deliver); }

  /// `directory`: what has been decided by so far. Errc::invalid: refused, text as in prepare().
  /// Errc::unavailable: try again later.
  boost::asio::awaitable<Result<MessageId>> accept(
      Submission submission, std::shared_ptr<const directory::Snapshot> directory);

  /// Writes a report of our own into `step`, whose fate it shares; `release` it once the step is
  /// durable.
  std::vector<queue::Waiting> add_report(store::Step& step, AccountId account,
                                         const mail::Address& to, std::string content, MessageId id,
                                         const std::string& detail);
  void release(std::vector<queue::Waiting> waiting);

  MessageId reserve(std::uint32_t recipients) {
    return parts_.ids.reserve(parts_.clock.now(), recipients);
  }
  const IntakeFigures& figures() const { return figures_; }

 private:
  std::shared_ptr<const queue::Fresh> keep_fresh(std::shared_ptr<const queue::Fresh> fresh);
  /// A recipient that no mail goes to.
  struct Suppressed {
    std::uint32_t index = 0;
    suppression::Hit hit;
  };
  std::vector<Suppressed> find_suppressed(queue::Fresh& fresh) const;
  void add_message(store::Step& step, const Prepared& prepared,
                   const std::vector<Suppressed>& suppressed) const;
  void keep_content(store::Step& step, const queue::Fresh& fresh, Duration keep_for) const;
  void forget_suppressed(MessageId id, std::uint32_t count,
                         const std::vector<Suppressed>& suppressed) const;
  std::vector<queue::Waiting> waiting_of(const std::shared_ptr<const queue::Fresh>& fresh,
                                         const std::vector<Suppressed>& left_out);
  void add_events(store::Step& step, const Prepared& prepared, const Origin& origin,
                  const std::vector<Suppressed>& suppressed) const;
  void add_problem(store::Step& step, const Prepared& prepared) const;

  Parts parts_;
  std::function<void(queue::Waiting)> deliver_;
  std::shared_ptr<std::atomic<std::uint64_t>> fresh_bytes_;
  IntakeFigures figures_;
};

}  // namespace postrider::relay
