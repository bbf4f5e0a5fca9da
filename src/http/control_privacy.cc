#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/json_text.h"
#include "base/text.h"
#include "http/control.h"
#include "http/request_body.h"
#include "http/suppression_rows.h"
#include "mail/address.h"
#include "net/io_threads.h"
#include "privacy/collect.h"
#include "privacy/erase.h"

namespace postrider::http {

using boost::asio::awaitable;
using events::Event;

namespace {

Result<std::optional<AccountId>> account_of(const ControlParts& parts, const std::string& name) {
  if (name.empty()) {
    return std::optional<AccountId>();
  }
  TRY(const directory::Account account, find_account(*parts.directory->snapshot(), name));
  return std::optional(account.id);
}

void write_messages(JsonText& json, const ControlParts& parts,
                    const privacy::Collected& collected) {
  const auto snapshot = parts.directory->snapshot();
  std::set<MessageId> told;
  json.begin_array("messages");
  for (const Event& event : collected.events) {
    if (event.type != events::Type::accepted || !told.insert(event.message).second) {
      continue;
    }
    json.begin_object();
    json.field("message", event.message.value);
    json.field("account", account_name(*snapshot, event.account));
    json.field("accepted", format_time(event.time));
    json.field("from", event.from);
    json.field("header_from", event.header_from);
    json.field("subject", event.subject);
    json.field("campaign", event.campaign);
    json.field("custom_id", event.custom_id);
    json.field("payload", event.payload);
    json.field("size", event.size);
    if (const auto kept = collected.contents.find(event.message);
        kept != collected.contents.end()) {
      json.field("content_base64", base64(kept->second));
    }
    json.end_object();
  }
  json.end_array();
}

std::string to_json(const ControlParts& parts, const privacy::Person& person,
                    const privacy::Collected& collected) {
  JsonText json;
  json.begin_object();
  json.field("address", mail::to_string(person.address()));
  write_messages(json, parts, collected);
  json.begin_array("events");
  for (const Event& event : collected.events) {
    json.raw(events::to_json(event));
  }
  json.end_array();
  json.begin_array("suppressions");
  for (const auto& [list, changes] : collected.suppressions) {
    json.begin_object();
    json.field("list", list_name(parts, list));
    json.begin_array("changes");
    for (const suppression::Change& change : changes) {
      write(json, change);
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

awaitable<Result<Response>> export_person(const ControlParts& parts, Call call) {
  CO_TRY(const mail::Address address, mail::parse_mailbox(call.query("address"), true), "address");
  CO_TRY(const std::optional<AccountId> account, account_of(parts, call.query("account")));
  std::move_only_function<Result<std::string>()> work = [&]() -> Result<std::string> {
    const privacy::Person person(address);
    TRY(const privacy::Collected collected, privacy::collect({.store = *parts.store,
                                                              .directory = *parts.directory,
                                                              .suppressions = *parts.suppressions,
                                                              .now = now_of(parts)},
                                                             person, account));
    return to_json(parts, person, collected);
  };
  if (parts.relay == nullptr) {
    CO_TRY(std::string json, work());
    co_return json_answer(std::move(json));
  }
  // A thread of its own: the whole log is read, and the pool checks passwords.
  net::BlockingPool pool(1);
  CO_TRY(std::string json, co_await pool.run<Result<std::string>>(std::move(work)));
  co_return json_answer(std::move(json));
}

awaitable<Result<Response>> erase_person(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body, RequestBody::parse(call.request.body, {"address", "account"}));
  CO_TRY(const std::string text, body.required_text("address"));
  CO_TRY(const std::optional<std::string> name, body.text("account"));
  CO_TRY(mail::Address address, mail::parse_mailbox(text, true), "address");
  CO_TRY(const std::optional<AccountId> account, account_of(parts, name.value_or("")));
  CO_TRY(const privacy::Erased erased,
         co_await privacy::erase(*parts.relay, std::move(address), account));
  JsonText json;
  json.begin_object();
  json.field("hash", erased.hash);
  json.field("recipients", erased.recipients);
  json.field("events", erased.events);
  json.field("cancelled", erased.cancelled);
  json.field("suppressions", erased.suppressions);
  json.field("webhook_requests", erased.requests);
  json.field("link_records", erased.links);
  json.field("kept_messages", erased.contents);
  json.field("set_aside", erased.set_aside);
  json.field("mail_files", erased.mails);
  json.field("counters", erased.counters);
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{Entry{"GET", "/v1/privacy/export", Needs::stores, export_person},
                              Entry{"POST", "/v1/privacy/erase", Needs::relay, erase_person}};

}  // namespace

std::span<const Entry> privacy_entries() {
  return kEntries;
}

}  // namespace postrider::http
