#include <array>
#include <optional>

#include "base/json_text.h"
#include "base/text.h"
#include "http/account_retention.h"
#include "http/account_tracking.h"
#include "http/control.h"
#include "http/request_body.h"

namespace postrider::http {

using boost::asio::awaitable;
using directory::Account;
using directory::AccountChange;
using directory::DsnDefault;

namespace {

void write(JsonText& json, const Account& account) {
  json.begin_object();
  json.field("id", account.id.value);
  json.field("name", account.name);
  json.field("dsn", account.dsn == DsnDefault::failure ? "failure" : "none");
  json.field("own_return_paths", account.own_return_paths);
  json.field("active", account.is_active);
  json.field("bulk_paused", account.bulk_pause.is_paused);
  write_tracking(json, account.tracking);
  write_retention(json, account.retention);
  json.field("created", format_time(account.created));
  json.end_object();
}

Response answer(const Account& account, int status) {
  JsonText json;
  write(json, account);
  return json_answer(json.take(), status);
}

Result<std::optional<DsnDefault>> dsn_of(const RequestBody& body) {
  TRY(const std::optional<std::string> name, body.text("dsn"));
  if (!name) {
    return std::optional<DsnDefault>();
  }
  if (*name != "none" && *name != "failure") {
    return fail(Errc::invalid, "dsn must be none or failure");
  }
  return std::optional(*name == "none" ? DsnDefault::none : DsnDefault::failure);
}

bool is_empty(const AccountChange& change) {
  return !change.dsn && !change.own_return_paths && !change.is_active && !change.tracking &&
         !change.retention;
}

Result<AccountChange> change_of(const RequestBody& body) {
  AccountChange change;
  TRY(change.dsn, dsn_of(body));
  TRY(change.own_return_paths, body.flag("own_return_paths"));
  TRY(change.is_active, body.flag("active"));
  TRY(change.tracking, tracking_change(body));
  TRY(change.retention, retention_change(body));
  return change;
}

awaitable<Result<Response>> list(const ControlParts& parts, Call /*call*/) {
  const auto snapshot = parts.directory->snapshot();
  JsonText json;
  json.begin_object();
  json.begin_array("accounts");
  for (const Account* account : snapshot->accounts()) {
    write(json, *account);
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> add(const ControlParts& parts, Call call) {
  CO_TRY(
      const RequestBody body,
      RequestBody::parse(call.request.body,
                         {"name", "dsn", "own_return_paths", "active", "tracking_host", "privacy",
                          "track_bulk", "track_transactional", "track_text", "preserve_signed",
                          "url_tags", "keep_hosts", "keep_events", "keep_messages"}));
  CO_TRY(const std::string name, body.required_text("name"));
  CO_TRY(const AccountChange change, change_of(body));
  std::move_only_function<Result<Account>()> work = [&]() -> Result<Account> {
    TRY(Account account, parts.directory->add_account(name, parts.relay->clock().now()));
    if (is_empty(change)) {
      return account;
    }
    return parts.directory->change_account(name, change);
  };
  CO_TRY(const Account account, co_await off_thread(parts, std::move(work)));
  co_return answer(account, 201);
}

awaitable<Result<Response>> change(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body,
         RequestBody::parse(call.request.body,
                            {"dsn", "own_return_paths", "active", "tracking_host", "privacy",
                             "track_bulk", "track_transactional", "track_text", "preserve_signed",
                             "url_tags", "keep_hosts", "keep_events", "keep_messages"}));
  CO_TRY(const AccountChange wanted, change_of(body));
  if (is_empty(wanted)) {
    co_return fail(Errc::invalid,
                   "nothing to change: send dsn, own_return_paths, active, keep_events, "
                   "keep_messages or what is of tracking");
  }
  std::move_only_function<Result<Account>()> work = [&] {
    return parts.directory->change_account(call.name("name"), wanted);
  };
  CO_TRY(const Account account, co_await off_thread(parts, std::move(work)));
  co_return answer(account, 200);
}

constexpr std::array kEntries{Entry{"GET", "/v1/accounts", Needs::stores, list},
                              Entry{"POST", "/v1/accounts", Needs::relay, add},
                              Entry{"PATCH", "/v1/accounts/{name}", Needs::relay, change}};

}  // namespace

std::span<const Entry> account_entries() {
  return kEntries;
}

}  // namespace postrider::http
