// Inner part of relay.cc and relay_parts.cc: the parts of a running relay, in the order in which
// they are made; they end in the reverse. Threads: as relay.h says.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/current.h"
#include "bounce/classifier.h"
#include "dns/counted_resolver.h"
#include "links/machine_rules.h"
#include "net/task_group.h"
#include "readers/lookup.h"
#include "relay/acting_consumers.h"
#include "relay/data_directory.h"
#include "relay/open_options.h"
#include "relay/relay.h"
#include "relay/test_clock.h"
#include "relay/traffic.h"
#include "relay/way_back.h"
#include "retention/content_store.h"
#include "retention/worker.h"
#include "webhook/webhooks.h"

namespace postrider::relay {

struct Relay::State {
  State(Settings s, StartOptions o)
      : settings(std::move(s)), start_options(std::move(o)), threads(thread_count(settings)) {}

  /// Makes all parts; nothing runs.
  Result<> open();
  void tell_of_settings(const std::string& changes, const std::string& by);
  /// Listens, reads the queue back, and starts the threads.
  Result<> start();
  /// On thread 0: ends what is open, within `limit`.
  boost::asio::awaitable<void> wind_down(
      std::chrono::milliseconds limit,
      std::function<boost::asio::awaitable<void>()> before_threads_end);

  struct ReaderFiles {
    links::MachineRules rules;
    readers::Lookup lookup;
  };
  /// Where no reader is listened for, only the rules are read: the rest takes time and memory.
  static Result<ReaderFiles> load_readers(const LinkSettings& wanted);
  void set(ReaderFiles loaded);

  Settings settings;
  StartOptions start_options;
  std::unique_ptr<DataDirectory> owned;
  std::unique_ptr<TestClock> test_clock;
  SystemClock system_clock;
  Clock* clock = &system_clock;
  std::atomic<bool> is_stopping = false;
  const MemoryBudget memory{settings.limits.memory_bytes};
  const MemoryBudget::Claim for_consumers =
      memory.claim(kept_for_consumers(settings.limits.memory_bytes));
  std::unique_ptr<Certificate> certificate;
  std::unique_ptr<directory::Directory> directory;
  net::IoThreads threads;
  std::vector<store::Committer> committers;
  net::BlockingPool blocking{2};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<spool::Spool> spool;
  std::unique_ptr<events::EventStore> events;
  std::unique_ptr<suppression::List> suppressions;
  ActingConsumers acting;
  std::unique_ptr<TrackingRefusals> refusals;
  std::unique_ptr<events::Consumers> consumers;
  std::unique_ptr<links::LinkStore> links;
  std::unique_ptr<links::LinkOrders> link_orders;
  std::unique_ptr<links::KeyRing> tracking_keys;
  std::shared_ptr<dns::CountedResolver> resolver;
  std::unique_ptr<webhook::Webhooks> webhooks;
  std::unique_ptr<retention::ContentStore> content;
  std::unique_ptr<retention::Worker> retention;
  std::unique_ptr<directory::Authenticator> authenticator;
  std::unique_ptr<IdSource> ids;
  Current<delivery::Options> options;
  Current<bounce::Classifier> bounce_rules;
  Current<links::MachineRules> machine_rules;
  Current<readers::Lookup> readers;
  Traffic traffic;
  std::unique_ptr<Intake> intake;
  std::unique_ptr<OutcomeRecorder> recorder;
  std::unique_ptr<delivery::Services> services;
  std::unique_ptr<delivery::Dispatcher> dispatcher;
  std::unique_ptr<SubmissionServices> submission;
  std::unique_ptr<WayBack> way_back;
  std::unique_ptr<Listeners> listeners;
  std::unique_ptr<net::TaskGroup> housekeeping;
  spool::RecoveryFigures recovered;
  bool is_started = false;

 private:
  void make_stores();
  Result<> add_consumers();
  Result<> build();
  webhook::Webhooks::Parts webhook_parts();
};

}  // namespace postrider::relay
