// How an account's mail fares, and whether its bulk mail goes.
#include <array>
#include <optional>
#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "base/text.h"
#include "health/judgement.h"
#include "health/rows.h"
#include "http/control.h"
#include "http/request_body.h"

namespace postrider::http {

using boost::asio::awaitable;
using directory::Account;
using directory::BulkPause;

namespace {

constexpr std::size_t kSites = 20;
constexpr std::size_t kReasonMost = 500;
constexpr std::size_t kByMost = 100;

void write(JsonText& json, const Account& account) {
  const BulkPause& pause = account.bulk_pause;
  json.field("account", account.name);
  json.field("bulk_paused", pause.is_paused);
  if (pause.changed != Time()) {
    json.field("changed", format_time(pause.changed));
    json.field("by", pause.by);
    json.field("reason", pause.why);
  }
  if (pause.counted_from != Time()) {
    json.field("counted_from", format_time(pause.counted_from));
  }
}

void write(JsonText& json, const health::Limits& limits) {
  json.begin_object("limits");
  json.field("bounces_warn", limits.bounces_warn);
  json.field("bounces_pause", limits.bounces_pause);
  json.field("complaints_warn", limits.complaints_warn);
  json.field("complaints_pause", limits.complaints_pause);
  json.field("volume_min", limits.volume_min);
  json.field("complaints_min", limits.complaints_min);
  json.end_object();
}

void write(JsonText& json, const health::NamedRates& row, health::Window window,
           const std::optional<health::Limits>& limits, Time now) {
  using health::Measure;
  const health::Tally tally = row.rates.sum(window, now);
  json.begin_object();
  json.field("stream", health::to_string(row.name.stream));
  json.field("site", row.name.site);
  json.field("window", health::to_string(window));
  json.field("ended", tally.ended);
  json.field("delivered", tally.delivered);
  json.field("hard_bounces", tally.hard);
  json.field("bounce_percent", tally.bounce_percent());
  json.field("complaints", tally.complaints);
  json.field("complaint_percent", tally.complaint_percent());
  if (limits) {
    json.field("bounces", health::to_string(level_of(tally, Measure::bounces, *limits)));
    json.field("complaining", health::to_string(level_of(tally, Measure::complaints, *limits)));
  }
  json.end_object();
}

awaitable<Result<Response>> show(const ControlParts& parts, Call call) {
  CO_TRY(const Account account, find_account(*parts.directory->snapshot(), call.name("name")));
  const Time now = parts.relay == nullptr ? SystemClock().now() : parts.relay->clock().now();
  using Rows = Result<std::vector<health::NamedRates>>;
  std::move_only_function<Rows()> work = [&] {
    return health::read_rates(*parts.store, account.id, account.bulk_pause.counted_from, kSites,
                              now);
  };
  CO_TRY(const std::vector<health::NamedRates> rows, co_await off_thread(parts, std::move(work)));
  std::optional<health::Limits> limits;
  if (parts.relay != nullptr) {
    limits = parts.relay->acting().limits();
  }
  JsonText json;
  json.begin_object();
  write(json, account);
  if (limits) {
    write(json, *limits);
  }
  json.begin_array("rates");
  for (const health::NamedRates& row : rows) {
    for (const health::Window window : health::kWindows) {
      write(json, row, window, limits, now);
    }
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

/// What a person says, and who it is.
struct Said {
  std::string reason;
  std::string by;
};

Result<std::string> check(const char* member, std::string text, std::size_t most) {
  if (text.empty() || text.size() > most || !is_printable(text)) {
    return fail(Errc::invalid, std::string(member) + " must have 1 to " + std::to_string(most) +
                                   " bytes without control characters");
  }
  return text;
}

Result<Said> said_in(const Call& call) {
  TRY(const RequestBody body, RequestBody::parse(call.request.body, {"reason", "by"}));
  Said said;
  TRY(std::string reason, body.required_text("reason"));
  TRY(said.reason, check("reason", std::move(reason), kReasonMost));
  TRY(const std::optional<std::string> by, body.text("by"));
  TRY(said.by, check("by", by.value_or("the control API"), kByMost));
  if (said.by == directory::kByItself) {
    return fail(Errc::invalid,
                "by: " + said.by + " is what the relay calls itself; say who you are");
  }
  return said;
}

void change_pause(BulkPause& pause, bool is_paused, const Said& said, Time now) {
  pause.is_paused = is_paused;
  pause.changed = now;
  pause.by = said.by;
  pause.why = said.reason;
  if (!is_paused) {
    pause.counted_from = now;
  }
}

store::Step step_of(const ControlParts& parts, const Account& account, const Said& said) {
  const bool is_paused = account.bulk_pause.is_paused;
  events::Event event;
  event.type = events::Type::operational;
  event.time = account.bulk_pause.changed;
  event.account = account.id;
  event.stream = health::to_string(health::Stream::bulk);
  event.user = said.by;
  event.detail = "the bulk mail of account " + account.name +
                 (is_paused ? " is paused by " : " is let go on by ") + said.by + ": " +
                 said.reason;
  log::warning(is_paused ? "an account's bulk mail is paused" : "an account's bulk mail goes on",
               {{"account", account.name}, {"by", said.by}, {"why", said.reason}});
  store::Step step;
  parts.events->append(step, event);
  return step;
}

awaitable<Result<Response>> change(const ControlParts& parts, Call call, bool is_paused) {
  CO_TRY(const Said said, said_in(call));
  const Time now = parts.relay->clock().now();
  bool has_changed = false;
  std::move_only_function<Result<Account>()> work = [&] {
    return parts.directory->change_account(call.name("name"), {.bulk_pause = [&](BulkPause& pause) {
                                             has_changed = pause.is_paused != is_paused;
                                             if (has_changed) {
                                               change_pause(pause, is_paused, said, now);
                                             }
                                           }});
  };
  CO_TRY(const Account account, co_await off_thread(parts, std::move(work)));
  if (!has_changed) {
    co_return fail(Errc::invalid, "the bulk mail of account " + account.name +
                                      (is_paused ? " is paused already" : " is not paused"));
  }
  parts.relay->dispatcher().look_at_pauses();
  CO_TRY_VOID(co_await parts.relay->committer().commit(step_of(parts, account, said)));
  JsonText json;
  json.begin_object();
  write(json, account);
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> pause(const ControlParts& parts, Call call) {
  return change(parts, std::move(call), true);
}

awaitable<Result<Response>> resume(const ControlParts& parts, Call call) {
  return change(parts, std::move(call), false);
}

constexpr std::array kEntries{Entry{"GET", "/v1/accounts/{name}/health", Needs::stores, show},
                              Entry{"POST", "/v1/accounts/{name}/pause", Needs::relay, pause},
                              Entry{"POST", "/v1/accounts/{name}/resume", Needs::relay, resume}};

}  // namespace

std::span<const Entry> account_health_entries() {
  return kEntries;
}

}  // namespace postrider::http
