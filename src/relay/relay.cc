#include "relay/relay.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/log.h"
#include "base/text.h"
#include "net/descriptors.h"
#include "relay/housekeeping.h"
#include "relay/own_addresses.h"
#include "relay/relay_state.h"
#include "relay/settings_reload.h"
#include "relay/spool_recovery.h"

namespace postrider::relay {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::size_t kChangesTold = 2000;  // bytes

}  // namespace

Result<> Relay::State::start() {
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

awaitable<void> Relay::State::wind_down(std::chrono::milliseconds limit,
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

void Relay::State::tell_of_settings(const std::string& changes, const std::string& by) {
  events::Event event;
  event.type = events::Type::operational;
  event.time = clock->now();
  event.what = "setting_changed";
  event.user = by;
  event.detail = printable("configuration: " + changes, kChangesTold);
  threads.mailbox(0).post([this, event] {
    store::Step step;
    events->append(step, event);
    committers[0].note(std::move(step), {});
  });
}

Result<std::vector<std::string>> Relay::reload(Settings settings, const std::string& by) {
  std::vector<std::string> not_applied;
  const std::string changes = what_changes(state_->settings, settings);
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
  if (!changes.empty()) {
    state_->tell_of_settings(changes, by);
  }
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
dns::LookupFigures Relay::lookups() const {
  return state_->resolver->figures();
}
const Traffic& Relay::traffic() const {
  return state_->traffic;
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
