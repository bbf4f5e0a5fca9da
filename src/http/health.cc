#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/json_text.h"
#include "http/answer.h"
#include "http/control_api.h"
#include "http/link_server.h"
#include "http/metrics_text.h"
#include "http/process_figures.h"
#include "http/router.h"
#include "http/traffic_metrics.h"
#include "retention/worker.h"
#include "webhook/webhooks.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

constexpr std::size_t kSitesMost = 200;  // with samples of their own: a scrape stays small

awaitable<Response> alive(Call /*call*/) {
  JsonText json;
  json.begin_object();
  json.field("status", "ok");
  json.end_object();
  co_return json_answer(json.take());
}

/// Why nothing should be sent here now; empty if all is well.
std::string why_not_ready(relay::Relay& relay) {
  if (relay.is_stopping()) {
    return "the relay is stopping";
  }
  const store::StoreFigures figures = relay.store().figures();
  if (figures.is_latched) {
    return "the storage has failed: nothing is accepted until the relay has been started again";
  }
  if (figures.is_full || !relay.store().has_room(0)) {
    return "the disk is full: nothing is accepted until there is room";
  }
  return {};
}

awaitable<Response> ready(relay::Relay& relay, Call /*call*/) {
  const std::string why = why_not_ready(relay);
  JsonText json;
  json.begin_object();
  json.field("status", why.empty() ? "ready" : "not ready");
  if (!why.empty()) {
    json.field("why", why);
  }
  json.end_object();
  co_return json_answer(json.take(), why.empty() ? 200 : 503);
}

void write_intake(MetricsText& metrics, const relay::Relay& relay) {
  const relay::IntakeFigures& figures = relay.intake().figures();
  metrics.counter("postrider_accepted_messages_total", "Messages answered with 250.");
  metrics.sample(figures.messages.load());
  metrics.counter("postrider_accepted_recipients_total", "Recipients of accepted messages.");
  metrics.sample(figures.recipients.load());
  metrics.counter("postrider_accepted_bytes_total", "Bytes of accepted messages.");
  metrics.sample(figures.bytes.load());
  metrics.counter("postrider_refused_messages_total", "Messages refused after their content.");
  metrics.sample(figures.refused.load());
  metrics.counter("postrider_suppressed_recipients_total",
                  "Recipients of accepted messages that were on a suppression list.");
  metrics.sample(figures.suppressed.load());
  metrics.gauge("postrider_sessions", "Open SMTP sessions.");
  metrics.sample(static_cast<std::uint64_t>(relay.listeners().sessions()));
  metrics.counter("postrider_sessions_asked_to_leave_total",
                  "Idle sessions that were closed because others wanted in.");
  metrics.sample(relay.listeners().sessions_asked_to_leave());
}

void write_feedback(MetricsText& metrics, const relay::FeedbackFigures& figures) {
  metrics.counter("postrider_inbound_mails_total", "Mails that came back and were read.");
  metrics.sample(figures.mails.load());
  metrics.counter("postrider_feedback_total", "What mails that came back said, by what followed.");
  const auto sample = [&](std::string_view what, const std::atomic<std::uint64_t>& count) {
    metrics.sample(count.load(), {{"what", what}});
  };
  sample("bounced", figures.bounced);
  sample("delayed", figures.delayed);
  sample("complained", figures.complained);
  sample("unsubscribed", figures.unsubscribed);
  sample("repeated", figures.repeated);
  sample("silent", figures.silent);
  sample("unmatched", figures.unmatched);
  sample("broken", figures.broken);
}

void write_attempts(MetricsText& metrics, const relay::OutcomeRecorder& outcomes) {
  using delivery::Outcome;
  metrics.counter("postrider_attempts_total", "Attempts at a recipient, by what came of them.");
  metrics.sample(outcomes.count(Outcome::delivered), {{"outcome", "delivered"}});
  metrics.sample(outcomes.count(Outcome::deferred), {{"outcome", "deferred"}});
  metrics.sample(outcomes.count(Outcome::failed), {{"outcome", "failed"}});
  metrics.sample(outcomes.count(Outcome::expired), {{"outcome", "expired"}});
  metrics.counter("postrider_refusals_total",
                  "Attempts that were not answered with 2xx, by what that meant.");
  for (const bounce::Kind kind :
       {bounce::Kind::hard, bounce::Kind::soft, bounce::Kind::block, bounce::Kind::unknown}) {
    metrics.sample(outcomes.refusals().of(kind), {{"kind", std::string(bounce::to_string(kind))}});
  }
}

struct SiteSums {
  std::uint64_t ready = 0;
  std::uint64_t connections = 0;

  void add(const delivery::SiteFigures& site) {
    ready += site.ready;
    connections += site.connections;
  }
};

SiteSums sum_of(std::span<const delivery::SiteFigures> sites) {
  SiteSums sums;
  for (const delivery::SiteFigures& site : sites) {
    sums.add(site);
  }
  return sums;
}

/// The busiest sites by name; what is behind them is in the totals only.
void write_sites(MetricsText& metrics, std::vector<delivery::SiteFigures> sites) {
  std::ranges::sort(sites, std::ranges::greater(), [](const delivery::SiteFigures& site) {
    return std::pair(site.ready, site.connections);
  });
  const auto named = std::span(sites).first(std::min(sites.size(), kSitesMost));
  metrics.gauge("postrider_site_ready", "Recipients that wait for a connection, by site.");
  for (const delivery::SiteFigures& site : named) {
    metrics.sample(static_cast<std::uint64_t>(site.ready), {{"site", site.site}});
  }
  metrics.gauge("postrider_site_connections", "Open connections to a site.");
  for (const delivery::SiteFigures& site : named) {
    metrics.sample(static_cast<std::uint64_t>(site.connections), {{"site", site.site}});
  }
}

void write_queue(MetricsText& metrics, const delivery::WorkerFigures& figures) {
  const SiteSums sums = sum_of(figures.sites);
  metrics.gauge("postrider_queue_recipients", "Recipients that wait, by what they wait for.");
  metrics.sample(static_cast<std::uint64_t>(figures.scheduled), {{"state", "scheduled"}});
  metrics.sample(static_cast<std::uint64_t>(figures.looking_up), {{"state", "looking_up"}});
  metrics.sample(static_cast<std::uint64_t>(figures.held), {{"state", "held"}});
  metrics.sample(sums.ready, {{"state", "ready"}});
  metrics.gauge("postrider_delivery_connections", "Open connections to all sites.");
  metrics.sample(sums.connections);
  metrics.gauge("postrider_sites", "Sites that something waits for or is sent to.");
  metrics.sample(static_cast<std::uint64_t>(figures.sites.size()));
  write_sites(metrics, figures.sites);
}

void write_accounts(MetricsText& metrics, relay::Relay& relay) {
  const health::Figures& figures = relay.acting().health();
  metrics.counter("postrider_health_warnings_total",
                  "Times that an account's hard bounces or complaints were warned of.");
  metrics.sample(figures.warnings.load());
  metrics.counter("postrider_health_pauses_total",
                  "Times that an account's bulk mail was paused because of them.");
  metrics.sample(figures.pauses.load());
  const auto snapshot = relay.directory().snapshot();
  const auto accounts = snapshot->accounts();
  metrics.gauge("postrider_accounts_bulk_paused", "Accounts whose bulk mail is paused.");
  metrics.sample(static_cast<std::uint64_t>(std::ranges::count_if(
      accounts, [](const directory::Account* account) { return account->bulk_pause.is_paused; })));
}

void write_store(MetricsText& metrics, relay::Relay& relay) {
  const store::StoreFigures figures = relay.store().figures();
  metrics.counter("postrider_store_commits_total", "Batches written and synced.");
  metrics.sample(figures.commits);
  metrics.counter("postrider_store_steps_total", "Steps in these batches.");
  metrics.sample(figures.steps);
  metrics.counter("postrider_store_bytes_total", "Bytes in these batches.");
  metrics.sample(figures.bytes);
  metrics.counter("postrider_store_sync_failures_total", "Syncs that failed; the first latches.");
  metrics.sample(figures.syncs_failed);
  metrics.gauge("postrider_store_latched", "1: storage has failed, nothing is accepted.");
  metrics.sample(std::uint64_t{figures.is_latched});
  metrics.gauge("postrider_store_full", "1: no room, nothing is accepted.");
  metrics.sample(std::uint64_t{figures.is_full || !relay.store().has_room(0)});
  metrics.gauge("postrider_store_disk_bytes", "Bytes of the database's files.");
  metrics.sample(relay.store().disk_bytes());
  metrics.counter("postrider_events_total", "Events ever written: the last sequence number.");
  metrics.sample(relay.events().last_sequence());
}

void write_retention(MetricsText& metrics, relay::Relay& relay) {
  const retention::Figures figures = relay.retention().figures();
  metrics.gauge("postrider_events_oldest_timestamp_seconds",
                "Time of the oldest event that is kept, since 1970; 0: there is none.");
  metrics.sample(std::chrono::duration<double>(figures.oldest.time_since_epoch()).count());
  metrics.gauge("postrider_events_disk_bytes",
                "Of the event log and its index, as retention.events_budget bounds them.");
  metrics.sample(figures.bytes);
  metrics.counter("postrider_events_trimmed_total", "Events that have gone by their retention.");
  metrics.sample(figures.trimmed);
  metrics.counter("postrider_events_lost_total",
                  "Events that have gone before a consumer or webhook had read them.");
  metrics.sample(figures.lost);
}

void write_consumers(MetricsText& metrics, relay::Relay& relay) {
  const std::vector<events::ConsumerFigures> consumers = relay.consumers().figures();
  const auto each = [&](auto value_of) {
    for (const events::ConsumerFigures& one : consumers) {
      metrics.sample(value_of(one), {{"consumer", one.name}});
    }
  };
  using Figures = events::ConsumerFigures;
  metrics.gauge("postrider_consumer_lag_events", "Events that a consumer of the log has not read.");
  each([](const Figures& one) { return one.lag; });
  metrics.counter("postrider_consumer_unreadable_events_total",
                  "Events that a consumer has skipped because they can't be read.");
  each([](const Figures& one) { return one.unreadable; });
  metrics.counter("postrider_consumer_events_total", "Events that a consumer has taken.");
  each([](const Figures& one) { return one.taken; });
  metrics.counter("postrider_consumer_failures_total",
                  "Batches of events that a consumer could not take; they come again.");
  each([](const Figures& one) { return one.failures; });
  metrics.gauge("postrider_consumer_stopped", "1: the consumer can't go on; the log says why.");
  each([](const Figures& one) { return std::uint64_t{!one.problem.empty()}; });
}

void write_webhooks(MetricsText& metrics, relay::Relay& relay) {
  const std::vector<webhook::EndpointFigures> all = relay.webhooks().figures();
  const Time now = relay.clock().now();
  const auto each = [&](auto value_of) {
    for (const webhook::EndpointFigures& one : all) {
      metrics.sample(value_of(one), {{"webhook", to_string(one.id)}});
    }
  };
  using Figures = webhook::EndpointFigures;
  metrics.gauge("postrider_webhook_lag_events",
                "Events that an active endpoint has not taken or passed over.");
  each([](const Figures& one) { return one.lag; });
  metrics.counter("postrider_webhook_requests_total", "Requests to an endpoint.");
  each([](const Figures& one) { return one.requests; });
  metrics.counter("postrider_webhook_failures_total", "Requests that it did not take.");
  each([](const Figures& one) { return one.failures; });
  metrics.counter("postrider_webhook_events_total", "Events that it took.");
  each([](const Figures& one) { return one.events; });
  metrics.gauge("postrider_webhook_failing_seconds", "Since it fails; 0: it doesn't.");
  each([now](const Figures& one) {
    return one.failing_since == Time()
               ? 0.0
               : std::chrono::duration<double>(now - one.failing_since).count();
  });
}

void write_links(MetricsText& metrics, const LinkServer& links) {
  metrics.gauge("postrider_links_connections", "Open connections of readers.");
  metrics.sample(static_cast<std::uint64_t>(links.connections()));
  metrics.gauge("postrider_links_hits_waiting",
                "Opens and clicks that wait to be recorded; at 10,000 answers wait, too.");
  metrics.sample(static_cast<std::uint64_t>(links.hits_waiting()));
  metrics.counter("postrider_links_hits_over_limit_total",
                  "Opens and clicks that were answered and not recorded: too many by one token.");
  metrics.sample(links.hits_over_limit());
  std::map<std::string, std::uint64_t> states{{"good", 0}, {"waiting", 0}, {"failing", 0}};
  for (const HostCertificate& one : links.keeper().all()) {
    ++states[one.state];
  }
  metrics.gauge("postrider_links_certificates",
                "Tracking hosts with TLS, by how their certificate stands.");
  for (const auto& [state, count] : states) {
    metrics.sample(count, {{"state", state}});
  }
}

void write_process(MetricsText& metrics) {
  const ProcessFigures figures = process_figures();
  metrics.gauge("postrider_build_info", "Always 1; the version is a label.");
  metrics.sample(std::uint64_t{1}, {{"version", POSTRIDER_VERSION}});
  metrics.counter("process_cpu_seconds_total", "User and system time.");
  metrics.sample(figures.cpu_seconds);
  metrics.gauge("process_resident_memory_bytes", "Resident memory.");
  metrics.sample(figures.resident_bytes);
  metrics.gauge("process_open_fds", "Open file descriptors.");
  metrics.sample(figures.open_files);
  metrics.gauge("process_max_fds", "Most that may be open.");
  metrics.sample(figures.open_files_max);
  metrics.gauge("process_start_time_seconds", "Start, in seconds since 1970.");
  metrics.sample(figures.started);
}

awaitable<Response> measure(relay::Relay& relay, const LinkServer* links, Call /*call*/) {
  const delivery::WorkerFigures figures = co_await relay.dispatcher().figures();
  MetricsText metrics;
  write_intake(metrics, relay);
  write_feedback(metrics, relay.feedback());
  write_attempts(metrics, relay.outcomes());
  write_traffic(metrics, relay);
  write_lookups(metrics, relay.lookups());
  write_queue(metrics, figures);
  write_accounts(metrics, relay);
  write_store(metrics, relay);
  write_retention(metrics, relay);
  write_consumers(metrics, relay);
  write_webhooks(metrics, relay);
  if (links != nullptr) {
    write_links(metrics, *links);
  }
  write_process(metrics);
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics.take();
  co_return response;
}

}  // namespace

Handler make_health(relay::Relay& relay, const LinkServer* links) {
  auto router = std::make_shared<Router>();
  router->add("GET", "/healthz", alive);
  router->add("GET", "/readyz", [&relay](Call call) { return ready(relay, std::move(call)); });
  router->add("GET", "/metrics",
              [&relay, links](Call call) { return measure(relay, links, std::move(call)); });
  return [router](Request request) { return router->answer(std::move(request)); };
}

}  // namespace postrider::http
