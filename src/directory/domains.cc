#include <set>

#include "directory/password.h"
#include "directory/rows.h"
#include "directory/state.h"
#include "mail/address.h"

namespace postrider::directory {
namespace {

constexpr std::size_t kTokenBytes = 20;

Result<std::string> sending_domain(std::string_view text) {
  TRY(std::string name, mail::parse_domain(text), "domain " + in_quotes(text));
  if (name.find('.') == std::string::npos || name.starts_with('[')) {
    return fail(Errc::invalid,
                "domain " + in_quotes(text) + ": a sending domain has at least two labels");
  }
  return name;
}

Result<DkimKey> fresh_key(mail::DkimAlgorithm algorithm, const char* selector) {
  TRY(mail::SigningKey key, mail::SigningKey::generate(algorithm),
      "making the key " + std::string(selector));
  return DkimKey{.selector = selector,
                 .key = std::make_shared<const mail::SigningKey>(std::move(key))};
}

}  // namespace

template <class Changed>
Result<Domain> Directory::State::change_domain(std::string_view name, Changed changed) {
  TRY(const std::string plain, sending_domain(name));
  const std::lock_guard lock(writing);
  Snapshot next = *current();
  const Domain* found = next.domain(plain);
  if (found == nullptr) {
    return no_such("domain", plain);
  }
  Domain domain = *found;
  TRY_VOID(commit([&] { return changed(domain); }));
  next.put(domain);
  publish(std::move(next));
  return domain;
}

Result<Domain> Directory::add_domain(AccountId account, std::string_view name, bool verified,
                                     Time now) {
  TRY(const std::string plain, sending_domain(name));
  Domain domain{.name = plain,
                .account = account,
                .is_verified = verified,
                .verified_how = verified ? "operator" : "",
                .ownership_token = random_text(kTokenBytes),
                .return_path_domain = "",
                .keys = {},
                .signatures = {},
                .created = now};
  TRY(DkimKey rsa, fresh_key(mail::DkimAlgorithm::rsa_sha256, "pr1r"));
  TRY(DkimKey ed25519, fresh_key(mail::DkimAlgorithm::ed25519_sha256, "pr1e"));
  domain.keys = {std::move(ed25519), std::move(rsa)};
  renew_signatures(domain);

  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  if (next.account(account) == nullptr) {
    return no_such("account with the id", to_string(account));
  }
  if (const Domain* taken = next.domain(plain)) {
    return fail(Errc::invalid, "domain " + in_quotes(plain) +
                                   (taken->account == account ? " has been added already"
                                                              : " belongs to another account"));
  }
  TRY_VOID(state_->commit([&] { return insert(state_->database, domain); }));
  next.put(domain);
  state_->publish(std::move(next));
  return domain;
}

Result<Domain> Directory::verify_domain(std::string_view name, std::string_view how) {
  if (how != "operator" && how != "txt" && how != "dkim") {
    return fail(Errc::invalid, in_quotes(how) + " is no way to verify: operator, txt or dkim");
  }
  return state_->change_domain(name, [&](Domain& domain) {
    domain.is_verified = true;
    domain.verified_how = how;
    return update(state_->database, domain);
  });
}

Result<Domain> Directory::use_own_return_path(std::string_view name, bool own) {
  return state_->change_domain(name, [&](Domain& domain) {
    domain.return_path_domain = own ? "bounces." + domain.name : "";
    return update(state_->database, domain);
  });
}

Result<> Directory::remove_domain(std::string_view name) {
  TRY(const std::string plain, sending_domain(name));
  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  if (next.domain(plain) == nullptr) {
    return no_such("domain", plain);
  }
  TRY_VOID(state_->commit([&] { return erase_domain(state_->database, plain); }));
  next.remove_domain(plain);
  state_->publish(std::move(next));
  return {};
}

Result<Domain> Directory::set_keys(std::string_view name, std::vector<DkimKey> keys) {
  std::set<std::string> selectors;
  for (const DkimKey& key : keys) {
    TRY_VOID(mail::parse_domain(key.selector), "selector " + in_quotes(key.selector));
    if (!selectors.insert(key.selector).second) {
      return fail(Errc::invalid, "selector " + in_quotes(key.selector) + " is given twice");
    }
  }
  return state_->change_domain(name, [&](Domain& domain) {
    domain.keys = std::move(keys);
    renew_signatures(domain);
    return replace_keys(state_->database, domain);
  });
}

}  // namespace postrider::directory
