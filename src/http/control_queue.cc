#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "http/control.h"
#include "http/queue_part.h"
#include "http/queue_rows.h"
#include "http/request_body.h"

namespace postrider::http {

using boost::asio::awaitable;
using delivery::QueueEntry;

namespace {

constexpr std::size_t kLookedAtMost = 100'000;  // recipients, to put the rows together
constexpr std::size_t kGroupsReadMost = 500;    // domains whose last reply is read from the disk
constexpr std::uint64_t kRowsMost = 1000;

/// Fills in where the recipients of a domain were tried last, and what they heard.
void read_replies(const spool::Spool& spool, std::map<std::string, DomainGroup>& groups) {
  std::size_t read = 0;
  for (auto& [domain, group] : groups) {
    if (group.example.attempts == 0 || ++read > kGroupsReadMost) {
      continue;
    }
    const auto state = spool.read_state(group.example.message, group.example.index);
    if (state && *state) {
      group.site = (*state)->site;
      group.reply = (*state)->last_reply;
    }
  }
}

/// Where no relay runs nothing is being looked up: what is due waits for one.
void schedule_all(std::map<std::string, DomainGroup>& groups) {
  for (auto& [domain, group] : groups) {
    if (group.looking_up > 0) {
      group.next_due =
          group.scheduled == 0 ? group.example.due : std::min(group.next_due, group.example.due);
      group.scheduled += std::exchange(group.looking_up, 0);
    }
  }
}

void write(JsonText& json, const QueueRow& row) {
  json.begin_object();
  json.field("site", row.site);
  json.field("ready", row.ready);
  json.field("scheduled", row.scheduled);
  json.field("looking_up", row.looking_up);
  json.field("held", row.held);
  json.field("connections", row.connections);
  json.field("connections_max", row.connections_max);
  if (row.scheduled > 0) {
    json.field("next_due", format_time(row.next_due));
  }
  json.field("trouble", row.trouble);
  json.field("last_reply", row.reply);
  json.end_object();
}

awaitable<Result<Response>> by_site(const ControlParts& parts, Call call) {
  CO_TRY(const std::uint64_t limit,
         query_number("limit", call.query("limit"), 1, kRowsMost, kRowsMost));
  CO_TRY(const QueuePart part, co_await look_at_queue(parts, kLookedAtMost, {}));
  using Rows = std::vector<QueueRow>;
  std::move_only_function<Rows()> work = [&] {
    auto groups = group_by_domain(part.entries, part.now);
    read_replies(*parts.spool, groups);
    if (parts.relay == nullptr) {
      schedule_all(groups);
    }
    return rows_of(part.figures.sites, groups);
  };
  const Rows rows = co_await off_thread(parts, std::move(work));
  std::size_t ready = 0;
  std::size_t connections = 0;
  for (const QueueRow& row : rows) {
    ready += row.ready;
    connections += row.connections;
  }
  JsonText json;
  json.begin_object();
  json.field("ready", ready);
  json.field("scheduled", part.figures.scheduled);
  json.field("looking_up", part.figures.looking_up);
  json.field("held", part.figures.held);
  json.field("connections", connections);
  json.begin_array("sites");
  for (const QueueRow& row : std::span(rows).first(std::min<std::size_t>(limit, rows.size()))) {
    write(json, row);
  }
  json.end_array();
  json.field("sites_in_all", rows.size());
  // Of a longer queue, what stands by site is a part; the sums above are exact.
  json.field("partial", part.is_cut || rows.size() > limit);
  json.field("is_running", parts.relay != nullptr);
  json.end_object();
  co_return json_answer(json.take());
}

/// A recipient that waits, with what the spool knows of it.
struct WaitingRecipient {
  QueueEntry entry;
  std::string address;
  std::string from;
  std::optional<spool::RecipientState> state;
};

/// Nothing where it has settled since it was listed.
std::optional<WaitingRecipient> read_recipient(const spool::Spool& spool, const QueueEntry& entry) {
  const Result<spool::Message> message = spool.read(entry.waiting.message);
  if (!message || entry.waiting.index >= message->recipient_count()) {
    return std::nullopt;
  }
  WaitingRecipient waiting{.entry = entry, .address = {}, .from = {}, .state = {}};
  waiting.address = to_string(message->envelope.recipients[entry.waiting.index].address);
  waiting.from = to_string(message->envelope.reverse_path);
  if (auto state = spool.read_state(entry.waiting.message, entry.waiting.index)) {
    waiting.state = *std::move(state);
  }
  return waiting;
}

std::string_view waits_for(const ControlParts& parts, const QueueEntry& entry, Time now) {
  if (!entry.site.empty()) {
    return "connection";
  }
  if (entry.is_held) {
    return "pause";
  }
  if (entry.waiting.due > now) {
    return "time";
  }
  return parts.relay == nullptr ? "relay" : "dns";
}

void write(JsonText& json, const WaitingRecipient& recipient, const std::string& account,
           std::string_view waits_for) {
  const queue::Waiting& waiting = recipient.entry.waiting;
  json.begin_object();
  json.field("recipient", waiting.recipient().value);
  json.field("message", waiting.message.value);
  json.field("account", account);
  json.field("from", recipient.from);
  json.field("to", recipient.address);
  json.field("waits_for", waits_for);
  const std::string& tried = recipient.state ? recipient.state->site : recipient.entry.site;
  json.field("site", recipient.entry.site.empty() ? tried : recipient.entry.site);
  json.field("attempts", waiting.attempts);
  json.field("accepted", format_time(waiting.accepted));
  json.field("due", format_time(waiting.due));
  json.field("last_reply", recipient.state ? recipient.state->last_reply : std::string());
  json.end_object();
}

awaitable<Result<Response>> recipients(const ControlParts& parts, Call call) {
  CO_TRY(const std::uint64_t limit, query_number("limit", call.query("limit"), 1, 10'000, 100));
  const std::string domain = domain_key(call.query("domain"));
  // The dispatcher knows no order and no domains: both are made here, of a part of a long queue.
  CO_TRY(QueuePart part,
         co_await look_at_queue(parts, domain.empty() ? limit + 1 : kLookedAtMost, domain));
  std::vector<QueueEntry>& entries = part.entries;
  std::ranges::sort(entries, {}, [](const QueueEntry& entry) { return entry.waiting.due; });
  const bool is_partial = part.is_cut || entries.size() > limit;
  entries.resize(std::min<std::size_t>(entries.size(), limit));
  const auto snapshot = parts.directory->snapshot();
  std::move_only_function<std::string()> work = [&] {
    JsonText json;
    json.begin_object();
    json.begin_array("recipients");
    for (const QueueEntry& entry : entries) {
      if (const auto found = read_recipient(*parts.spool, entry)) {
        write(json, *found, account_name(*snapshot, entry.waiting.account),
              waits_for(parts, entry, part.now));
      }
    }
    json.end_array();
    json.field("partial", is_partial);
    json.end_object();
    return json.take();
  };
  std::string json = co_await off_thread(parts, std::move(work));
  co_return json_answer(std::move(json));
}

awaitable<Result<Response>> retry(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body, RequestBody::parse(call.request.body, {"domain"}));
  CO_TRY(const std::optional<std::string> domain, body.text("domain"));
  const std::string wanted = domain_key(domain.value_or(""));
  const std::size_t count = co_await parts.relay->dispatcher().hurry(wanted);
  JsonText json;
  json.begin_object();
  json.field("retried", count);
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{Entry{"GET", "/v1/queue", Needs::stores, by_site},
                              Entry{"GET", "/v1/queue/recipients", Needs::stores, recipients},
                              Entry{"POST", "/v1/queue/retry", Needs::relay, retry}};

}  // namespace

std::span<const Entry> queue_entries() {
  return kEntries;
}

}  // namespace postrider::http
