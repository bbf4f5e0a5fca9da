#include "directory/state.h"

#include <vector>

#include "base/text.h"
#include "directory/rows.h"

namespace postrider::directory {

Result<> Directory::State::load() {
  Snapshot loaded;
  TRY(std::vector<Account> accounts, read_accounts(database));
  for (Account& account : accounts) {
    loaded.put(std::move(account));
  }
  TRY(std::vector<Credential> credentials, read_credentials(database));
  for (Credential& credential : credentials) {
    loaded.put(std::move(credential));
  }
  TRY(std::vector<Domain> domains, read_domains(database));
  for (Domain& domain : domains) {
    loaded.put(std::move(domain));
  }
  TRY(std::vector<Webhook> webhooks, read_webhooks(database));
  for (Webhook& webhook : webhooks) {
    loaded.put(std::move(webhook));
  }
  TRY(std::vector<CampaignTracking> campaigns, read_campaign_trackings(database));
  for (CampaignTracking& campaign : campaigns) {
    loaded.put(std::move(campaign));
  }
  publish(std::move(loaded));
  return {};
}

std::shared_ptr<const Snapshot> Directory::State::current() const {
  const std::lock_guard lock(publishing);
  return snapshot;
}

void Directory::State::publish(Snapshot next) {
  auto fresh = std::make_shared<const Snapshot>(std::move(next));
  const std::lock_guard lock(publishing);
  snapshot.swap(fresh);
}

std::string in_quotes(std::string_view text) {
  return "'" + printable(text, 80) + "'";
}

std::unexpected<Error> no_such(std::string_view what, std::string_view name) {
  return fail(Errc::not_found, "there is no " + std::string(what) + " " + in_quotes(name));
}

}  // namespace postrider::directory
