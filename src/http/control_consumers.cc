#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "base/json_text.h"
#include "events/consumers.h"
#include "events/cursor.h"
#include "http/control.h"
#include "http/replay_position.h"
#include "webhook/webhooks.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

using events::ConsumerFigures;

/// Of those that run; of the others what their cursors say.
Result<std::map<std::string, ConsumerFigures>> consumers_of(const ControlParts& parts) {
  std::map<std::string, ConsumerFigures> all;
  const std::uint64_t end = parts.events->last_sequence() + 1;
  TRY(const auto cursors, events::read_cursors(*parts.store));
  for (const auto& [name, cursor] : cursors) {
    all[name] = {.name = name,
                 .next = cursor.next,
                 .lag = end - std::min(cursor.next, end),
                 .unreadable = cursor.unreadable,
                 .taken = 0,
                 .failures = 0,
                 .problem = "not running"};
  }
  if (parts.relay != nullptr) {
    for (ConsumerFigures& figures : parts.relay->consumers().figures()) {
      all[figures.name] = std::move(figures);
    }
    for (const webhook::EndpointFigures& figures : parts.relay->webhooks().figures()) {
      const std::string name = webhook::cursor_name(figures.id);
      all[name] = {.name = name,
                   .next = figures.next,
                   .lag = figures.lag,
                   .unreadable = 0,
                   .taken = figures.events,
                   .failures = figures.failures,
                   .problem = figures.problem};
    }
  }
  return all;
}

awaitable<Result<Response>> list(const ControlParts& parts, Call /*call*/) {
  using All = Result<std::map<std::string, ConsumerFigures>>;
  std::move_only_function<All()> work = [&] { return consumers_of(parts); };
  CO_TRY(const auto consumers, co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("last", parts.events->last_sequence());
  json.begin_array("consumers");
  for (const auto& [name, figures] : consumers) {
    json.begin_object();
    json.field("name", name);
    json.field("next", figures.next);
    json.field("lag", figures.lag);
    json.field("unreadable", figures.unreadable);
    json.field("taken", figures.taken);
    json.field("failures", figures.failures);
    json.field("problem", figures.problem);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> replay(const ControlParts& parts, Call call) {
  CO_TRY(const std::uint64_t next, co_await replay_position(parts, call));
  std::move_only_function<Result<>()> work = [&] {
    return parts.relay->consumers().replay(call.name("name"), next);
  };
  CO_TRY_VOID(co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("consumer", call.name("name"));
  write_replay(json, parts, next);
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{Entry{"GET", "/v1/consumers", Needs::stores, list},
                              Entry{"POST", "/v1/consumers/{name}/replay", Needs::relay, replay}};

}  // namespace

std::span<const Entry> consumer_entries() {
  return kEntries;
}

}  // namespace postrider::http
