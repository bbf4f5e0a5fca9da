// Making the parts of a relay: what each needs of the others.
#include "bounce/charset.h"
#include "links/machine_judge.h"
#include "relay/export_consumers.h"
#include "relay/open_options.h"
#include "relay/relay_state.h"
#include "relay/used_ids.h"
#include "relay/webhook_notice.h"
#include "search/indexer.h"
#include "statistics/counter.h"

namespace postrider::relay {

Result<> Relay::State::open() {
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
  make_stores();
  TRY(link_orders, links::LinkOrders::load(*store));
  TRY(tracking_keys, links::KeyRing::open(*directory));
  TRY(auto asked, dns::make_resolver(threads.context(0).get_executor(), settings.dns));
  resolver = std::make_shared<dns::CountedResolver>(std::move(asked));
  TRY_VOID(add_consumers());
  return build();
}

void Relay::State::make_stores() {
  spool = spool::make_spool(*store);
  events = events::make_event_store(*store);
  links = std::make_unique<links::LinkStore>(*store);
  for (std::size_t i = 0; i < threads.count(); ++i) {
    committers.emplace_back(*store, threads.context(i), threads.mailbox(i));
  }
}

Result<> Relay::State::add_consumers() {
  consumers = std::make_unique<events::Consumers>(*store, *events, threads.mailbox(0),
                                                  [this] { return clock->now(); });
  consumers->add(std::make_unique<statistics::Counter>(*store));
  consumers->add(std::make_unique<search::Indexer>(bounce::decode_words));
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
  return {};
}

Result<Relay::State::ReaderFiles> Relay::State::load_readers(const LinkSettings& wanted) {
  ReaderFiles loaded;
  TRY(loaded.rules, links::MachineRules::load(wanted.machines), "links.machines");
  if (!wanted.endpoints.empty()) {
    TRY(loaded.lookup, readers::Lookup::load(wanted.readers), "links");
  }
  return loaded;
}

void Relay::State::set(ReaderFiles loaded) {
  machine_rules.set(std::move(loaded.rules));
  readers.set(std::move(loaded.lookup));
}

webhook::Webhooks::Parts Relay::State::webhook_parts() {
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

Result<> Relay::State::build() {
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
                    .content_kept = [this] { return retention->options().content; },
                    .traffic = &traffic});
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
                             .hostname = settings.hostname,
                             .traffic = &traffic});
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
  listeners = std::make_unique<Listeners>(threads, *submission, way_back->services(), *certificate);
  return {};
}

}  // namespace postrider::relay
