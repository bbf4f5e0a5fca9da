#include <algorithm>
#include <utility>

#include "directory/directory.h"

namespace postrider::directory {
namespace {

template <class Map>
auto find_in(const Map& map, const auto& key) -> decltype(map.begin()->second.get()) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second.get();
}

template <class T>
std::vector<const T*> values_of(const auto& map) {
  std::vector<const T*> values;
  values.reserve(map.size());
  for (const auto& [key, value] : map) {
    values.push_back(value.get());
  }
  return values;
}

}  // namespace

const Account* Snapshot::account(AccountId id) const {
  return find_in(accounts_, id);
}

const Account* Snapshot::account(std::string_view name) const {
  const auto found = account_names_.find(name);
  return found == account_names_.end() ? nullptr : account(found->second);
}

const Credential* Snapshot::credential(std::string_view user) const {
  return find_in(credentials_, user);
}

const Domain* Snapshot::domain(std::string_view name) const {
  return find_in(domains_, name);
}

bool Snapshot::is_verified(std::string_view name, AccountId account) const {
  const Domain* found = domain(name);
  return found != nullptr && found->account == account && found->is_verified;
}

std::vector<const Account*> Snapshot::accounts() const {
  return values_of<Account>(accounts_);
}

std::vector<const Credential*> Snapshot::credentials() const {
  auto all = values_of<Credential>(credentials_);
  std::ranges::sort(all, {}, &Credential::id);
  return all;
}

std::vector<const Domain*> Snapshot::domains() const {
  auto all = values_of<Domain>(domains_);
  std::ranges::sort(all, {}, &Domain::name);
  return all;
}

bool Snapshot::may_lead_through(std::string_view name, AccountId account) const {
  const auto found = tracking_hosts_.find(name);
  if (found == tracking_hosts_.end() || std::ranges::count(found->second, account) != 0) {
    return true;
  }
  const Account* const known = this->account(account);
  return known != nullptr && has_led_through(known->tracking, name);
}

void Snapshot::move_tracking_host(AccountId account, std::string_view from, std::string_view to) {
  if (const auto left = tracking_hosts_.find(name_of_host(from)); left != tracking_hosts_.end()) {
    std::erase(left->second, account);
    if (left->second.empty()) {
      tracking_hosts_.erase(left);
    }
  }
  if (const std::string name = name_of_host(to); !name.empty()) {
    tracking_hosts_[name].push_back(account);
  }
}

void Snapshot::put(Account account) {
  account_names_.insert_or_assign(account.name, account.id);
  const AccountId id = account.id;
  const Account* const before = this->account(id);
  move_tracking_host(id, before == nullptr ? "" : before->tracking.host, account.tracking.host);
  accounts_.insert_or_assign(id, std::make_shared<const Account>(std::move(account)));
}

void Snapshot::put(Credential credential) {
  const std::string user = credential.user;
  credentials_.insert_or_assign(user, std::make_shared<const Credential>(std::move(credential)));
}

void Snapshot::put(Domain domain) {
  const std::string name = domain.name;
  domains_.insert_or_assign(name, std::make_shared<const Domain>(std::move(domain)));
}

std::shared_ptr<const Webhook> Snapshot::webhook(WebhookId id) const {
  const auto found = webhooks_.find(id);
  return found == webhooks_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const Webhook>> Snapshot::webhooks() const {
  std::vector<std::shared_ptr<const Webhook>> all;
  all.reserve(webhooks_.size());
  for (const auto& [id, webhook] : webhooks_) {
    all.push_back(webhook);
  }
  return all;
}

void Snapshot::put(Webhook webhook) {
  const WebhookId id = webhook.id;
  webhooks_.insert_or_assign(id, std::make_shared<const Webhook>(std::move(webhook)));
}

void Snapshot::remove_webhook(WebhookId id) {
  webhooks_.erase(id);
}

const CampaignTracking* Snapshot::campaign_tracking(AccountId account,
                                                    std::string_view campaign) const {
  return campaigns_.empty() ? nullptr
                            : find_in(campaigns_, std::pair(account, std::string(campaign)));
}

std::vector<const CampaignTracking*> Snapshot::campaign_trackings() const {
  return values_of<CampaignTracking>(campaigns_);
}

void Snapshot::put(CampaignTracking tracking) {
  const std::pair key(tracking.account, tracking.campaign);
  campaigns_.insert_or_assign(key, std::make_shared<const CampaignTracking>(std::move(tracking)));
}

void Snapshot::remove_campaign_tracking(AccountId account, std::string_view campaign) {
  campaigns_.erase(std::pair(account, std::string(campaign)));
}

void Snapshot::remove_credential(std::string_view user) {
  credentials_.erase(credentials_.find(user));
}

void Snapshot::remove_domain(std::string_view name) {
  domains_.erase(domains_.find(name));
}

}  // namespace postrider::directory
