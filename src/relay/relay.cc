#include "relay/relay.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <iterator>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/current.h"
#include "base/log.h"
#include "bounce/classifier.h"
#include "links/machine_judge.h"
#include "links/machine_rules.h"
#include "net/descriptors.h"
#include "net/task_group.h"
#include "readers/lookup.h"
#include "relay/data_directory.h"
#include "relay/export_consumers.h"
#include "relay/housekeeping.h"
#include "relay/open_options.h"
#include "relay/own_addresses.h"
#include "relay/settings_reload.h"
#include "relay/spool_recovery.h"
#include "relay/test_clock.h"
#include "relay/used_ids.h"
#include "relay/way_back.h"
#include "relay/webhook_notice.h"
#include "retention/content_store.h"
#include "retention/worker.h"
#include "search/indexer.h"
#include "statistics/counter.h"
#include "webhook/webhooks.h"

namespace postrider::relay {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::size_t kBlockingThreads = 2;

}  // namespace

// In the order in which they are made; they end in the reverse.
struct Relay::State {
  State(Settings s, StartOptions o)
      : settings(std::move(s)), start_options(std::move(o)), threads(thread_count(settings)) {}

  Result<> open() {
    TRY(owned, DataDirectory::own(settings.data));
    if (start_options.test_clock) {
      TRY(test_clock, TestClock::open(settings.data));
      clock = &test_clock->clock();
    }
    TRY(certificate, Certificate::load(settings));
    TRY(bounce::Classifier rules, bounce::Classifier::load(settings.bounce_rules));
    bounce_rules.set(std::move(rules));
    TRY(ReaderFiles reader_files, load_readers(settings.links));
    set(std::move(reader_files));
    TRY(directory, directory::Directory::open(DataDirectory::directory_file(settings.data),
                                              directory::OpenMode::read_write));
    TRY(store, store::Store::open(store_options(settings)));
    spool = spool::make_spool(*store);
    events = events::make_event_store(*store);
    links = std::make_unique<links::LinkStore>(*store);
    TRY(link_orders, links::LinkOrders::load(*store));
    TRY(tracking_keys, links::KeyRing::open(*directory));
    for (std::size_t i = 0; i < threads.count(); ++i) {
      committers.emplace_back(*store, threads.context(i), threads.mailbox(i));
    }
    TRY(resolver, dns::make_resolver(threads.context(0).get_executor(), settings.dns));
    consumers = std::make_unique<events::Consumers>(*store, *events, threads.mailbox(0),
                                                    [this] { return clock->now(); });
    consumers->add(std::make_unique<statistics::Counter>(*store));
    consumers->add(std::make_unique<search::Indexer>());
    TRY(webhooks, webhook::Webhooks::create(webhook_parts(), settings.webhook));
    consumers->add(std::make_unique<links::MachineJudge>(
        *events, *links, [this] { return machine_rules.get()->timing(); }));
    TRY(const suppression::Secret secret, directory->secret("suppression"));
    suppressions = std::make_unique<suppression::List>(*store, secret);
    acting.set(settings);
    acting.add_to(*consumers, {.clock = *clock,
                               .store = *store,
                               .events = *events,
                               .directory = *directory,
                               .suppressions = *suppressions,
                               .classifier = [this] { return bounce_rules.get(); },
                               .pauses_changed = [this] { dispatcher->look_at_pauses(); }});
    TRY_VOID(add_exports(*consumers, settings, *resolver, *events, *directory));
    TRY(refusals, TrackingRefusals::load(*directory, secret));
    content = std::make_unique<retention::ContentStore>(*store, *directory);
    retention =
        std::make_unique<retention::Worker>(retention::Worker::Parts{.clock = *clock,
                                                                     .store = *store,
                                                                     .directory = *directory,
                                                                     .consumers = *consumers,
                                                                     .webhooks = *webhooks,
                                                                     .content = *content,
                                                                     .mailbox = threads.mailbox(0)},
                                            settings.retention);
    return build();
  }

  struct ReaderFiles {
    links::MachineRules rules;
    readers::Lookup lookup;
  };
  /// Where no reader is listened for, only the rules are read: the rest takes time and memory.
  static Result<ReaderFiles> load_readers(const LinkSettings& wanted) {
    ReaderFiles loaded;
    TRY(loaded.rules, links::MachineRules::load(wanted.machines), "links.machines");
    if (!wanted.endpoints.empty()) {
      TRY(loaded.lookup, readers::Lookup::load(wanted.readers), "links");
    }
    return loaded;
  }
  void set(ReaderFiles loaded) {
    machine_rules.set(std::move(loaded.rules));
    readers.set(std::move(loaded.lookup));
  }

  webhook::Webhooks::Parts webhook_parts() {
    return {.clock = *clock,
            .store = *store,
            .events = *events,
            .directory = *directory,
            .resolver = *resolver,
            .blocking = blocking,
            // A copy of the name: reload() changes the settings while the threads run.
            .tell_contact = [this, hostname = settings.hostname](const directory::Webhook& webhook,
                                                                 const std::string& why) {
              threads.mailbox(0).post([this, hostname, webhook, why] {
                mail_webhook_notice(*intake, committers[0], webhook, why, hostname, clock->now());
              });
            }};
  }

  Result<> build() {
    authenticator = std::make_unique<directory::Authenticator>(*directory, *clock, settings.auth);
    TRY(const std::uint64_t highest, highest_used_id(*store));
    ids = std::make_unique<IdSource>(0, highest);
    options.set(settings.delivery);
    intake = std::make_unique<Intake>(
        Intake::Parts{.clock = *clock,
                      .ids = *ids,
                      .spool = *spool,
                      .events = *events,
                      .directory = *directory,
                      .committers = committers,
                      .installation = {.hostname = settings.hostname,
                                       .unsubscribe_mail = unsubscribe_mail(settings)},
                      .fresh_bytes_max = settings.delivery.fresh_bytes_max,
                      .suppressions = suppressions.get(),
                      .refusals = refusals.get(),
                      .content = content.get(),
                      .content_kept = [this] { return retention->options().content; }});
    recorder = std::make_unique<OutcomeRecorder>(
        OutcomeRecorder::Parts{.clock = *clock,
                               .store = *store,
                               .spool = *spool,
                               .events = *events,
                               .directory = *directory,
                               .committers = committers,
                               .intake = *intake,
                               .options = [this] { return options.get(); },
                               .classifier = [this] { return bounce_rules.get(); },
                               .hostname = settings.hostname});
    TRY(delivery::TlsClients tls, make_tls_clients());
    TRY(const mail::TokenKey token_key, directory->secret("return-path"));
    services = std::make_unique<delivery::Services>(
        delivery::Services{.clock = *clock,
                           .threads = threads,
                           .spool = *spool,
                           .directory = *directory,
                           .resolver = *resolver,
                           .recorder = *recorder,
                           .tracking_keys = *tracking_keys,
                           .tls = std::move(tls),
                           .token_key = token_key,
                           .return_path_domain = settings.return_path_domain,
                           .unsubscribe_mail = unsubscribe_mail(settings),
                           .suppressions = suppressions.get()});
    submission.reset(new SubmissionServices{.intake = *intake,
                                            .authenticator = *authenticator,
                                            .directory = *directory,
                                            .blocking = blocking,
                                            .store = *store,
                                            .committers = committers,
                                            .events = *events,
                                            .clock = *clock,
                                            .hostname = settings.hostname,
                                            .is_stopping = is_stopping,
                                            .memory = memory});
    way_back = std::make_unique<WayBack>(
        settings, token_key, [this] { return bounce_rules.get(); }, *links, *submission);
    listeners =
        std::make_unique<Listeners>(threads, *submission, way_back->services(), *certificate);
    return {};
  }

  Result<> start() {
    if (!start_options.is_silent) {
      TRY_VOID(listeners->open(settings));
    }
    settings.delivery.mx.own_addresses =
        own_addresses(listeners->listening(), settings.delivery.mx.port);
    options.set(settings.delivery);
    store->start([this](const Error& why) {
      if (start_options.on_storage_failure) {
        start_options.on_storage_failure(why);
      }
    });
    dispatcher = std::make_unique<delivery::Dispatcher>(*services, options.get());
    intake->set_delivery([this](queue::Waiting waiting) { dispatcher->add(std::move(waiting)); });
    clock->on_jump([this] {
      dispatcher->tick();
      webhooks->tick();
      retention->tick();
    });
    TRY(recovered, recover_spool(*store, *spool, *events, *clock, [this](queue::Waiting waiting) {
          if (!start_options.is_silent) {
            dispatcher->add_recovered(std::move(waiting));
          }
        }));
    housekeeping =
        std::make_unique<net::TaskGroup>(threads.context(0).get_executor(), "housekeeping");
    housekeeping->spawn(watch_certificate(*certificate));
    housekeeping->spawn(expire_links(*clock, committers.front(), settings.links.keep));
    suppressions->start();
    threads.start();
    consumers->start();
    if (!start_options.is_silent) {
      webhooks->start();
      retention->start();
    }
    is_started = true;
    return {};
  }

  awaitable<void> wind_down(std::chrono::milliseconds limit,
                            std::function<awaitable<void>()> before_threads_end) {
    if (housekeeping) {
      housekeeping->cancel();
      co_await housekeeping->join();
    }
    co_await listeners->stop(limit / 3);
    if (dispatcher) {
      co_await dispatcher->stop(limit / 2);
    }
    if (before_threads_end) {
      co_await before_threads_end();
    }
    resolver.reset();  // on the thread that watches its descriptor
  }

  Settings settings;
  StartOptions start_options;
  std::unique_ptr<DataDirectory> owned;
  std::unique_ptr<TestClock> test_clock;
  SystemClock system_clock;
  Clock* clock = &system_clock;
  std::atomic<bool> is_stopping = false;
  const MemoryBudget memory{settings.limits.memory_bytes};
  std::unique_ptr<Certificate> certificate;
  std::unique_ptr<directory::Directory> directory;
  net::IoThreads threads;
  std::vector<store::Committer> committers;
  net::BlockingPool blocking{kBlockingThreads};
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
  std::shared_ptr<dns::Resolver> resolver;
  std::unique_ptr<webhook::Webhooks> webhooks;
  std::unique_ptr<retention::ContentStore> content;
  std::unique_ptr<retention::Worker> retention;
  std::unique_ptr<directory::Authenticator> authenticator;
  std::unique_ptr<IdSource> ids;
  Current<delivery::Options> options;
  Current<bounce::Classifier> bounce_rules;
  Current<links::MachineRules> machine_rules;
  Current<readers::Lookup> readers;
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
};

Result<std::unique_ptr<Relay>> Relay::open(Settings settings, StartOptions options) {
  auto state = std::make_unique<State>(std::move(settings), std::move(options));
  TRY_VOID(state->open());
  return std::unique_ptr<Relay>(new Relay(std::move(state)));
}

Relay::Relay(std::unique_ptr<State> state) : state_(std::move(state)) {}

Relay::~Relay() {
  stop(std::chrono::seconds(5));
}

Result<> Relay::start() {
  return state_->start();
}

Result<std::vector<std::string>> Relay::reload(Settings settings) {
  std::vector<std::string> not_applied;
  for (const std::string& option : keep_until_restart(state_->settings, settings)) {
    not_applied.push_back(option + " has changed");
  }
  // Anew also under the same name: the file may have changed.
  TRY(bounce::Classifier rules, bounce::Classifier::load(settings.bounce_rules));
  TRY(State::ReaderFiles reader_files, State::load_readers(settings.links));
  TRY_VOID(state_->certificate->change_to(settings));
  state_->bounce_rules.set(std::move(rules));  // from here nothing fails
  state_->set(std::move(reader_files));
  std::ranges::move(state_->listeners->change_to(settings), std::back_inserter(not_applied));
  settings.delivery.mx.own_addresses =
      own_addresses(state_->listeners->listening(), settings.delivery.mx.port);
  state_->way_back->change_to(settings.inbound);
  state_->options.set(settings.delivery);
  state_->acting.set(settings);
  state_->dispatcher->set_options(state_->options.get());
  state_->webhooks->set_options(settings.webhook);
  state_->retention->set_options(settings.retention);
  log::configure(settings.log);
  state_->settings = std::move(settings);
  return not_applied;
}

void Relay::stop(std::chrono::milliseconds limit,
                 std::function<awaitable<void>()> before_threads_end) {
  if (state_->is_stopping.exchange(true)) {
    return;
  }
  if (state_->retention) {
    state_->retention->stop();
  }
  if (state_->consumers) {
    state_->consumers->stop();
  }
  if (state_->webhooks) {
    state_->webhooks->stop();
  }
  if (state_->suppressions) {
    state_->suppressions->stop();
  }
  if (!state_->is_started) {
    state_->threads.start();  // what has been spawned before the start failed ends on its thread
  }
  asio::co_spawn(state_->threads.context(0),
                 state_->wind_down(limit, std::move(before_threads_end)), asio::use_future)
      .get();
  state_->threads.stop();
  state_->store.reset();  // commits what the threads have noted to the last
}

Settings& Relay::settings() {
  return state_->settings;
}
net::IoThreads& Relay::threads() {
  return state_->threads;
}
net::BlockingPool& Relay::blocking() {
  return state_->blocking;
}
directory::Directory& Relay::directory() {
  return *state_->directory;
}
store::Store& Relay::store() {
  return *state_->store;
}
spool::Spool& Relay::spool() {
  return *state_->spool;
}
events::EventStore& Relay::events() {
  return *state_->events;
}
events::Consumers& Relay::consumers() {
  return *state_->consumers;
}
links::KeyRing& Relay::tracking_keys() {
  return *state_->tracking_keys;
}
retention::Worker& Relay::retention() {
  return *state_->retention;
}
const retention::ContentStore& Relay::content() const {
  return *state_->content;
}
links::LinkOrders& Relay::link_orders() {
  return *state_->link_orders;
}
std::vector<store::Committer>& Relay::committers() {
  return state_->committers;
}
MessageId Relay::new_message_id() {
  return state_->ids->reserve(state_->clock->now(), 1);
}
const Certificate& Relay::certificate() const {
  return *state_->certificate;
}
const links::LinkStore& Relay::links() const {
  return *state_->links;
}
webhook::Webhooks& Relay::webhooks() {
  return *state_->webhooks;
}
std::shared_ptr<const readers::Lookup> Relay::readers() const {
  return state_->readers.get();
}
std::shared_ptr<const links::MachineRules> Relay::machine_rules() const {
  return state_->machine_rules.get();
}
TrackingRefusals& Relay::tracking_refusals() {
  return *state_->refusals;
}
delivery::Dispatcher& Relay::dispatcher() {
  return *state_->dispatcher;
}
dns::Resolver& Relay::resolver() {
  return *state_->resolver;
}
suppression::List& Relay::suppressions() {
  return *state_->suppressions;
}
store::Committer& Relay::committer() {
  return state_->committers[net::IoThreads::current()];
}
const Intake& Relay::intake() const {
  return *state_->intake;
}
const OutcomeRecorder& Relay::outcomes() const {
  return *state_->recorder;
}
const FeedbackFigures& Relay::feedback() const {
  return state_->way_back->figures();
}
const ActingConsumers& Relay::acting() const {
  return state_->acting;
}
const Listeners& Relay::listeners() const {
  return *state_->listeners;
}
const Clock& Relay::clock() const {
  return *state_->clock;
}
const spool::RecoveryFigures& Relay::recovered() const {
  return state_->recovered;
}
bool Relay::is_silent() const {
  return state_->start_options.is_silent;
}
bool Relay::is_stopping() const {
  return state_->is_stopping;
}

Result<Time> Relay::advance_clock(Duration by) {
  if (!state_->test_clock) {
    return fail(Errc::invalid,
                "this instance runs on the real clock: only one that was started "
                "with --test-clock can have its clock moved");
  }
  return state_->test_clock->advance(by);
}

}  // namespace postrider::relay
