#include <array>
#include <unistd.h>

#include "base/json_text.h"
#include "base/text.h"
#include "http/control.h"
#include "http/request_body.h"
#include "net/network.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

void write_listeners(JsonText& json, const relay::Listeners& listeners) {
  // In the order of relay::ListenerTls.
  static constexpr std::array<std::string_view, 3> kTls{"none", "starttls", "implicit"};
  json.begin_array("listeners");
  for (const relay::ListeningOn& listener : listeners.listening()) {
    json.begin_object();
    json.field("name", listener.name);
    json.field("address", net::to_string(listener.endpoint));
    json.field("tls", kTls[static_cast<std::size_t>(listener.tls)]);
    json.end_object();
  }
  json.end_array();
  json.field("sessions", listeners.sessions());
}

void write_counts(JsonText& json, const relay::Relay& relay) {
  const relay::IntakeFigures& intake = relay.intake().figures();
  json.begin_object("accepted");
  json.field("messages", intake.messages.load());
  json.field("recipients", intake.recipients.load());
  json.field("bytes", intake.bytes.load());
  json.field("refused", intake.refused.load());
  json.end_object();
  using delivery::Outcome;
  const relay::OutcomeRecorder& outcomes = relay.outcomes();
  json.begin_object("attempts");
  json.field("delivered", outcomes.count(Outcome::delivered));
  json.field("deferred", outcomes.count(Outcome::deferred));
  json.field("failed", outcomes.count(Outcome::failed));
  json.field("expired", outcomes.count(Outcome::expired));
  json.end_object();
}

void write_queue(JsonText& json, const delivery::WorkerFigures& figures) {
  std::size_t ready = 0;
  std::size_t connections = 0;
  for (const delivery::SiteFigures& site : figures.sites) {
    ready += site.ready;
    connections += site.connections;
  }
  json.begin_object("queue");
  json.field("scheduled", figures.scheduled);
  json.field("looking_up", figures.looking_up);
  json.field("ready", ready);
  json.field("sites", figures.sites.size());
  json.field("connections", connections);
  json.end_object();
}

void write_stores(JsonText& json, const ControlParts& parts) {
  const store::StoreFigures figures = parts.store->figures();
  json.begin_object("store");
  json.field("commits", figures.commits);
  json.field("steps", figures.steps);
  json.field("bytes_written", figures.bytes);
  json.field("bytes_on_disk", parts.store->disk_bytes());
  json.field("latched", figures.is_latched);
  json.field("full", figures.is_full);
  json.end_object();
  json.field("last_event", parts.events->last_sequence());
  const auto snapshot = parts.directory->snapshot();
  json.field("accounts", snapshot->accounts().size());
  json.field("domains", snapshot->domains().size());
}

awaitable<Result<Response>> status(const ControlParts& parts, Call /*call*/) {
  JsonText json;
  json.begin_object();
  json.field("running", parts.relay != nullptr);
  json.field("version", POSTRIDER_VERSION);
  if (parts.relay != nullptr) {
    const delivery::WorkerFigures figures = co_await parts.relay->dispatcher().figures();
    json.field("pid", ::getpid());
    json.field("time", format_time(parts.relay->clock().now()));
    json.field("stopping", parts.relay->is_stopping());
    write_listeners(json, parts.relay->listeners());
    write_counts(json, *parts.relay);
    write_queue(json, figures);
  }
  json.field("installation", parts.installation);
  write_stores(json, parts);
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> advance(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body, RequestBody::parse(call.request.body, {"by"}));
  CO_TRY(const std::string text, body.required_text("by"));
  CO_TRY(const Duration by, parse_duration(text), "by");
  std::move_only_function<Result<Time>()> work = [&] { return parts.relay->advance_clock(by); };
  CO_TRY(const Time now, co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("time", format_time(now));
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> reload(const ControlParts& parts, Call call) {
  CO_TRY_VOID(RequestBody::parse(call.request.body, {}));
  using Left = std::vector<std::string>;
  std::move_only_function<Result<Left>()> work = [&] { return parts.reload(call.request.by); };
  CO_TRY(const Left not_applied, co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("reloaded", true);
  json.begin_array("needs_restart");
  for (const std::string& what : not_applied) {
    json.value(what);
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{Entry{"GET", "/v1/status", Needs::stores, status},
                              Entry{"POST", "/v1/clock/advance", Needs::relay, advance},
                              Entry{"POST", "/v1/reload", Needs::relay, reload}};

}  // namespace

std::span<const Entry> instance_entries() {
  return kEntries;
}

}  // namespace postrider::http
