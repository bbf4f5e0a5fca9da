#include <algorithm>

#include "directory/password.h"
#include "directory/rows.h"
#include "directory/state.h"

namespace postrider::directory {
namespace {

constexpr std::size_t kPasswordBytes = 20;
constexpr std::size_t kUserSuffixBytes = 5;

Result<> check_user(std::string_view user) {
  if (user.size() > 128 ||
      !std::ranges::all_of(user, [](char c) { return c > ' ' && c < '\x7f'; })) {
    return fail(Errc::invalid, in_quotes(user) +
                                   " is not a user name: use up to 128 printable ASCII characters "
                                   "without spaces");
  }
  return {};
}

Result<> check_password(std::string_view password) {
  if (password.size() < 8 || password.size() > 1000 || password.find('\0') != password.npos) {
    return fail(Errc::invalid, "the password must have 8 to 1000 bytes, none of them zero");
  }
  return {};
}

}  // namespace

Result<Directory::NewCredential> Directory::add_credential(AccountId account, std::string_view user,
                                                           std::string_view password, Stream stream,
                                                           Time now) {
  const std::shared_ptr<const Snapshot> before = snapshot();
  const Account* owner = before->account(account);
  if (owner == nullptr) {
    return no_such("account with the id", to_string(account));
  }
  NewCredential made;
  made.password = password.empty() ? random_text(kPasswordBytes) : std::string(password);
  made.credential.account = account;
  made.credential.user =
      user.empty() ? owner->name + "-" + random_text(kUserSuffixBytes) : std::string(user);
  made.credential.stream = stream;
  made.credential.created = now;
  TRY_VOID(check_user(made.credential.user));
  TRY_VOID(check_password(made.password));
  TRY(made.credential.password_hash, hash_password(made.password));

  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  if (next.credential(made.credential.user) != nullptr) {
    return fail(Errc::invalid, "user " + in_quotes(made.credential.user) + " exists already");
  }
  TRY_VOID(state_->commit([&]() -> Result<> {
    TRY(made.credential.id, insert(state_->database, made.credential));
    return {};
  }));
  next.put(made.credential);
  state_->publish(std::move(next));
  return made;
}

Result<> Directory::remove_credential(std::string_view user) {
  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  if (next.credential(user) == nullptr) {
    return no_such("user", user);
  }
  TRY_VOID(state_->commit([&] { return erase_credential(state_->database, user); }));
  next.remove_credential(user);
  state_->publish(std::move(next));
  return {};
}

}  // namespace postrider::directory
