#include <algorithm>

#include "base/text.h"
#include "directory/rows.h"
#include "directory/state.h"

namespace postrider::directory {
namespace {

Result<> check_account_name(std::string_view name) {
  const auto is_plain = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  if (name.empty() || name.size() > 63 || !is_plain(name.front()) ||
      !std::ranges::all_of(name, [&](char c) { return is_plain(c) || c == '-'; })) {
    return fail(Errc::invalid, in_quotes(name) +
                                   " is not an account name: use 1 to 63 lower-case letters, "
                                   "digits and hyphens, a letter or digit first");
  }
  return {};
}

}  // namespace

Result<Account> Directory::add_account(std::string_view name, Time now) {
  TRY_VOID(check_account_name(name));
  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  if (next.account(name) != nullptr) {
    return fail(Errc::invalid, "account " + in_quotes(name) + " exists already");
  }
  Account account{
      .id = {}, .name = std::string(name), .tracking = {}, .bulk_pause = {}, .created = now};
  TRY_VOID(state_->commit([&]() -> Result<> {
    TRY(account.id, insert(state_->database, account));
    return {};
  }));
  next.put(account);
  state_->publish(std::move(next));
  return account;
}

Result<Account> Directory::change_account(std::string_view name, const AccountChange& change) {
  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  const Account* found = next.account(name);
  if (found == nullptr) {
    return no_such("account", name);
  }
  Account account = *found;
  account.dsn = change.dsn.value_or(account.dsn);
  account.own_return_paths = change.own_return_paths.value_or(account.own_return_paths);
  account.is_active = change.is_active.value_or(account.is_active);
  if (change.tracking) {
    change.tracking(account.tracking);
    remember_former_host(account.tracking, found->tracking.host);
  }
  if (change.bulk_pause) {
    change.bulk_pause(account.bulk_pause);
  }
  if (change.retention) {
    change.retention(account.retention);
  }
  TRY_VOID(state_->commit([&] { return update(state_->database, account); }));
  next.put(account);
  state_->publish(std::move(next));
  return account;
}

}  // namespace postrider::directory
