#include <array>
#include <optional>

#include "base/json_text.h"
#include "base/text.h"
#include "http/control.h"
#include "http/request_body.h"

namespace postrider::http {

using boost::asio::awaitable;
using directory::Account;
using directory::DsnDefault;

namespace {

void write(JsonText& json, const Account& account) {
  json.begin_object();
  json.field("id", account.id.value);
  json.field("name", account.name);
  json.field("dsn", account.dsn == DsnDefault::failure ? "failure" : "none");
  json.field("own_return_paths", account.own_return_paths);
  json.field("active", account.is_active);
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

struct Change {
  std::optional<DsnDefault> dsn;
  std::optional<bool> own_return_paths;
  std::optional<bool> is_active;

  bool is_empty() const { return !dsn && !own_return_paths && !is_active; }
};

Result<Change> change_of(const RequestBody& body) {
  Change change;
  TRY(change.dsn, dsn_of(body));
  TRY(change.own_return_paths, body.flag("own_return_paths"));
  TRY(change.is_active, body.flag("active"));
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

Result<Account> apply(directory::Directory& directory, const std::string& name,
                      const Change& change) {
  return directory.change_account(name, change.dsn, change.own_return_paths, change.is_active);
}

awaitable<Result<Response>> add(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body,
         RequestBody::parse(call.request.body, {"name", "dsn", "own_return_paths", "active"}));
  CO_TRY(const std::string name, body.required_text("name"));
  CO_TRY(const Change change, change_of(body));
  std::move_only_function<Result<Account>()> work = [&]() -> Result<Account> {
    TRY(Account account, parts.directory->add_account(name, parts.relay->clock().now()));
    if (change.is_empty()) {
      return account;
    }
    return apply(*parts.directory, name, change);
  };
  CO_TRY(const Account account, co_await off_thread(parts, std::move(work)));
  co_return answer(account, 201);
}

awaitable<Result<Response>> change(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body,
         RequestBody::parse(call.request.body, {"dsn", "own_return_paths", "active"}));
  CO_TRY(const Change wanted, change_of(body));
  if (wanted.is_empty()) {
    co_return fail(Errc::invalid, "nothing to change: send dsn, own_return_paths or active");
  }
  std::move_only_function<Result<Account>()> work = [&] {
    return apply(*parts.directory, call.name("name"), wanted);
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
