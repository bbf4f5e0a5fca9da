// A whole relay in one object: the stores, the threads, the way in, the queue and the way out,
// wired together. What serves people (HTTP, the simulator) is built on top of it.
//
// Thread: start() and stop() from the main thread; reload() from the main thread or one that blocks
// (the control API's), one call at a time, and not while stop() runs. It changes settings() while
// the io threads run: what they need of it they copy beforehand. The parts say for themselves who
// may use them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delivery/dispatcher.h"
#include "directory/directory.h"
#include "dns/counted_resolver.h"
#include "events/consumers.h"
#include "events/event_store.h"
#include "links/key_ring.h"
#include "links/link_orders.h"
#include "links/link_store.h"
#include "relay/acting_consumers.h"
#include "relay/certificate.h"
#include "relay/feedback.h"
#include "relay/intake.h"
#include "relay/listeners.h"
#include "relay/outcome_recorder.h"
#include "relay/settings.h"
#include "spool/spool.h"
#include "store/committer.h"
#include "store/store.h"
#include "suppression/list.h"

namespace postrider::webhook {
class Webhooks;
}
namespace postrider::readers {
class Lookup;
}
namespace postrider::links {
class MachineRules;
}

namespace postrider::retention {
class ContentStore;
class Worker;
}  // namespace postrider::retention

namespace postrider::relay {

struct StartOptions {
  bool test_clock = false;  ///< stands still until it is told to move; kept in the data directory
  /// Nothing listens, nothing is sent, nobody is told: for work on the data directory alone.
  bool is_silent = false;
  /// Storage failed: the process must end. Called once, on a thread of the relay's.
  std::function<void(const Error&)> on_storage_failure;
};

class Relay {
 public:
  /// Opens the data directory and recovers what waits; nothing listens and nothing is sent yet.
  static Result<std::unique_ptr<Relay>> open(Settings settings, StartOptions options);
  ~Relay();

  /// Opens the listeners and starts the threads, by what settings() says by now.
  Result<> start();

  /// Applies what can be applied while running (settings_reload.h); what can't keeps its value and
  /// is returned in words. An event tells what was changed, and that `by` did. Errors: nothing has
  /// changed.
  Result<std::vector<std::string>> reload(Settings settings, const std::string& by);

  /// Stops accepting, ends sessions politely, lets deliveries finish, all within `limit`; then
  /// commits what is left and ends the threads. Nothing is lost. `before_threads_end` ends what the
  /// caller has on the threads.
  void stop(std::chrono::milliseconds limit,
            std::function<boost::asio::awaitable<void>()> before_threads_end = {});

  /// To be changed before start() only: for routes to what listens by then.
  Settings& settings();

  // The parts, for what is built on top.
  net::IoThreads& threads();
  net::BlockingPool& blocking();
  directory::Directory& directory();
  store::Store& store();
  spool::Spool& spool();
  events::EventStore& events();
  delivery::Dispatcher& dispatcher();
  dns::Resolver& resolver();
  dns::LookupFigures lookups() const;  ///< any thread
  const Traffic& traffic() const;      ///< any thread
  events::Consumers& consumers();
  links::KeyRing& tracking_keys();
  const links::LinkStore& links() const;
  webhook::Webhooks& webhooks();
  /// What says who reads, and whether they are a machine: as a reload has left it. Any thread.
  std::shared_ptr<const readers::Lookup> readers() const;
  std::shared_ptr<const links::MachineRules> machine_rules() const;
  TrackingRefusals& tracking_refusals();
  links::LinkOrders& link_orders();
  retention::Worker& retention();
  const retention::ContentStore& content() const;
  std::vector<store::Committer>& committers();  ///< one for each io thread
  const Certificate& certificate() const;
  MessageId new_message_id();  ///< any thread
  suppression::List& suppressions();
  store::Committer& committer();  ///< of the io thread that asks
  const Intake& intake() const;
  const OutcomeRecorder& outcomes() const;
  const FeedbackFigures& feedback() const;
  const ActingConsumers& acting() const;
  const Listeners& listeners() const;
  const Clock& clock() const;
  const spool::RecoveryFigures& recovered() const;
  bool is_stopping() const;
  bool is_silent() const;

  /// Moves a test clock on. Errc::invalid if this relay has none.
  Result<Time> advance_clock(Duration by);

 private:
  struct State;
  explicit Relay(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postrider::relay
