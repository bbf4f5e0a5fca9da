// One active endpoint: reads the event log from its cursor, sends what it is told of, and moves the
// cursor over what the endpoint has taken.
//
// Order: events of one message go to the same of a few lanes, and a lane sends its next request
// when the one before has been taken. A round reads some hundred events, sends them over all lanes,
// and ends when each lane has sent all of its own or has failed. What was taken in front of
// something that failed is remembered until the cursor has passed it, so that it is not sent again
// but after a restart.
//
// While the endpoint fails, nothing of it is in memory but these numbers, and one request at a time
// asks whether it is well again (retry.h). When its time is over it goes to its backup URL or is
// suspended; a 410 in the native format pauses it. A cursor that can't be read, or lies behind the
// end of the log, suspends it at once. Then it has ended: whoever owns it hears of it by `changed`.
//
// Thread: the executor's one; figures() any.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "directory/directory.h"
#include "events/cursor.h"
#include "net/event.h"
#include "net/io_threads.h"
#include "net/task_group.h"
#include "store/committer.h"
#include "webhook/figures.h"
#include "webhook/recent_events.h"
#include "webhook/round.h"
#include "webhook/sender.h"

namespace postrider::webhook {

/// What endpoints have in common; outlives them.
struct Surroundings {
  boost::asio::any_io_executor executor;
  const Clock& clock;
  store::Store& store;
  store::Committer& committer;
  const events::EventStore& events;
  RecentEvents& recent;
  directory::Directory& directory;
  dns::Resolver& resolver;
  net::BlockingPool& blocking;
  std::shared_ptr<const net::TlsClient> tls;
  std::function<Options()> options;
  std::function<void()> changed;  ///< the directory's endpoints are not as they were
  /// Somebody should know: the endpoint has changed its state, for this reason.
  std::function<void(const directory::Webhook& webhook, const std::string& why)> alarm;
};

class Endpoint : public std::enable_shared_from_this<Endpoint> {
 public:
  Endpoint(Surroundings& around, std::shared_ptr<const directory::Webhook> webhook);

  void start();
  /// Ends what is on its way, writes the cursor, and returns when nothing is left.
  boost::asio::awaitable<void> stop();

  /// There are new events, or the clock has jumped.
  void wake() { woken_.set(); }

  const std::shared_ptr<const directory::Webhook>& webhook() const { return webhook_; }
  EndpointFigures figures() const;

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<bool> find_its_place();
  Result<> begin();
  Result<std::shared_ptr<Round>> gather();
  boost::asio::awaitable<void> send_round(std::shared_ptr<Round> round);
  boost::asio::awaitable<void> run_lane(std::shared_ptr<Round> round, std::size_t lane);
  boost::asio::awaitable<bool> send_next(std::shared_ptr<Round> round, std::size_t lane);
  void taken(Round& round, const Batch& batch);
  boost::asio::awaitable<void> failed(const Request& request);
  boost::asio::awaitable<void> become(directory::WebhookState state, bool on_backup,
                                      std::string why);
  boost::asio::awaitable<void> wait_until_due();
  void note(const Request& request);
  void save();
  bool is_time_to_trim() const;
  void write_state(store::Step& step) const;
  void set_problem(std::string problem);

  Surroundings& around_;
  const std::shared_ptr<const directory::Webhook> webhook_;
  const Selection selection_;
  net::TaskGroup tasks_;
  net::Event woken_;
  net::Event lane_ended_;
  HttpClient client_;

  events::Cursor cursor_;
  std::uint64_t saved_next_ = 0;
  std::set<std::uint64_t> ahead_;  ///< taken, at or behind cursor_.next
  std::uint64_t round_end_ = 0;    ///< of the round that is not over
  Progress progress_;
  Time due_{};  ///< steady; when a failing endpoint is asked again
  bool has_ended_ = false;
  bool is_stopping_ = false;

  store::Step unsaved_;  ///< rows of the log
  std::uint64_t rows_since_trim_ = 0;
  Time trimmed_{};  ///< long ago: the first save trims
  std::uint16_t row_ = 0;
  bool is_saving_ = false;
  bool must_save_ = false;

  mutable std::mutex mutex_;  // guards what figures() reads
  EndpointFigures figures_;
};

}  // namespace postrider::webhook
