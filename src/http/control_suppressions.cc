#include <algorithm>
#include <array>
#include <optional>

#include "base/json_text.h"
#include "base/random.h"
#include "base/text.h"
#include "http/control.h"
#include "http/request_body.h"
#include "http/suppression_rows.h"
#include "suppression/standing.h"

namespace postrider::http {

using boost::asio::awaitable;
using suppression::Change;
using suppression::Reason;

namespace {

constexpr std::uint64_t kPage = 1000;
constexpr std::uint64_t kPageMost = 10'000;

awaitable<Result<Response>> list(const ControlParts& parts, Call call) {
  CO_TRY(const AccountId of, list_of(parts, call.query("account"), call.query("global")));
  CO_TRY(const std::optional<Reason> reason, reason_of(call.query("reason")));
  CO_TRY(const std::uint64_t limit,
         query_number("limit", call.query("limit"), 1, kPageMost, kPage));
  using suppression::List;
  std::move_only_function<Result<List::Page>()> work = [&] {
    return parts.suppressions->page(of, call.query("after"), limit);
  };
  CO_TRY(const List::Page page, co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("list", list_name(parts, of));
  json.begin_array("suppressions");
  const Time now = now_of(parts);
  for (const suppression::ListedAddress& one : page.addresses) {
    for (const Change& change : suppression::standing(one.changes, now)) {
      if (!reason || change.reason == *reason) {
        write(json, change);
      }
    }
  }
  json.end_array();
  json.field("next", page.next);
  json.field("unreadable", page.unreadable);
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> add(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body,
         RequestBody::parse(call.request.body, {"account", "global", "address", "stream", "reason",
                                                "expires", "note"}));
  CO_TRY(const std::string text, body.required_text("address"));
  CO_TRY(const AccountId of, list_of(parts, body));
  Wanted wanted;
  CO_TRY(wanted.reason, body.text("reason"));
  CO_TRY(wanted.stream, body.text("stream"));
  CO_TRY(wanted.expires, body.text("expires"));
  CO_TRY(wanted.note, body.text("note"));
  CO_TRY(const Change change, change_of(text, wanted, now_of(parts)));
  CO_TRY(const mail::Address address, mail::parse_mailbox(text, true));
  store::Step step;
  suppression::Writing writing(*parts.suppressions);
  writing.put(step, of, address, change, number_of_change());
  CO_TRY_VOID(co_await parts.relay->committer().commit(std::move(step)));
  JsonText json;
  json.begin_object();
  json.field("list", list_name(parts, of));
  json.begin_array("suppressions");
  write(json, change);
  json.end_array();
  json.end_object();
  co_return json_answer(json.take(), 201);
}

awaitable<Result<Response>> remove(const ControlParts& parts, Call call) {
  CO_TRY(const AccountId of, list_of(parts, call.query("account"), call.query("global")));
  CO_TRY(const mail::Address address, mail::parse_mailbox(call.query("address"), true));
  CO_TRY(const std::optional<Reason> reason, reason_of(call.query("reason")));
  Change removal;
  removal.is_removal = true;
  removal.reason = reason.value_or(Reason::any);
  removal.scope = call.query("stream");
  removal.time = now_of(parts);
  removal.address = mail::to_string(address);
  removal.note = call.query("note");
  CO_TRY_VOID(check_text(removal));
  using Changes = Result<std::vector<Change>>;
  std::move_only_function<Changes()> work = [&] {
    return parts.suppressions->history(of, address);
  };
  CO_TRY(std::vector<Change> changes, co_await off_thread(parts, std::move(work)));
  const std::size_t before = suppression::standing(changes, removal.time).size();
  changes.insert(std::ranges::upper_bound(changes, removal.time, {}, &Change::time), removal);
  const std::size_t removed = before - suppression::standing(changes, removal.time).size();
  if (removed == 0) {
    co_return fail(Errc::not_found, "nothing of the kind is on the list for " + removal.address);
  }
  store::Step step;
  suppression::Writing writing(*parts.suppressions);
  writing.put(step, of, address, removal, number_of_change());
  CO_TRY_VOID(co_await parts.relay->committer().commit(std::move(step)));
  JsonText json;
  json.begin_object();
  json.field("list", list_name(parts, of));
  json.field("address", removal.address);
  json.field("removed", removed);
  json.end_object();
  co_return json_answer(json.take());
}

void write_all(JsonText& json, std::string_view name, const std::vector<Change>& changes) {
  json.begin_array(name);
  for (const Change& change : changes) {
    write(json, change);
  }
  json.end_array();
}

awaitable<Result<Response>> why(const ControlParts& parts, Call call) {
  CO_TRY(const AccountId of, list_of(parts, call.query("account"), call.query("global")));
  CO_TRY(const mail::Address address, mail::parse_mailbox(call.query("address"), true));
  JsonText json;
  json.begin_object();
  json.field("address", mail::to_string(address));
  json.begin_array("lists");
  const bool both = of != suppression::kGlobal;
  for (const AccountId one : {of, suppression::kGlobal}) {
    using Changes = Result<std::vector<Change>>;
    std::move_only_function<Changes()> work = [&] {
      return parts.suppressions->history(one, address);
    };
    CO_TRY(const std::vector<Change> changes, co_await off_thread(parts, std::move(work)));
    json.begin_object();
    json.field("list", list_name(parts, one));
    write_all(json, "standing", suppression::standing(changes, now_of(parts)));
    write_all(json, "history", changes);
    json.end_object();
    if (!both) {
      break;
    }
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

/// Lines that can't be read are told, the rest is taken all the same.
awaitable<Result<Response>> import(const ControlParts& parts, Call call) {
  CO_TRY(const AccountId of, list_of(parts, call.query("account"), call.query("global")));
  Imported imported;
  suppression::Writing writing(*parts.suppressions);
  std::move_only_function<Result<>()> work = [&] {
    return read_rows(call.request.body, writing, of, now_of(parts), imported);
  };
  CO_TRY_VOID(co_await off_thread(parts, std::move(work)));
  if (!imported.step.empty()) {
    CO_TRY_VOID(co_await parts.relay->committer().commit(std::move(imported.step)));
  }
  JsonText json;
  json.begin_object();
  json.field("list", list_name(parts, of));
  json.field("added", imported.added);
  json.field("known", imported.known);
  json.begin_array("errors");
  for (const auto& [line, text] : imported.errors) {
    json.begin_object();
    json.field("line", line);
    json.field("text", text);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{Entry{"GET", "/v1/suppressions", Needs::stores, list},
                              Entry{"POST", "/v1/suppressions", Needs::relay, add},
                              Entry{"DELETE", "/v1/suppressions", Needs::relay, remove},
                              Entry{"GET", "/v1/suppressions/why", Needs::stores, why},
                              Entry{"POST", "/v1/suppressions/import", Needs::relay, import}};

}  // namespace

std::span<const Entry> suppression_entries() {
  return kEntries;
}

}  // namespace postrider::http
