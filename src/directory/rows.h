// Accounts, credentials, domains and secrets as rows: written one at a time, read all at once.
//
// Thread and errors: those of the database. Who calls has checked what is written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "directory/directory.h"
#include "directory/sqlite.h"

namespace postrider::directory {

Result<std::vector<Account>> read_accounts(Database& database);
Result<std::vector<Credential>> read_credentials(Database& database);
/// With their keys and ready signatures. A key that can't be read is left out and logged as an
/// error: its domain's mail goes out with the other key's signature, everybody else's is not
/// touched.
Result<std::vector<Domain>> read_domains(Database& database);
Result<std::vector<Webhook>> read_webhooks(Database& database);
Result<std::vector<CampaignTracking>> read_campaign_trackings(Database& database);
Result<std::optional<std::string>> read_secret(Database& database, std::string_view purpose);

/// The id inside is ignored; the new one is returned.
Result<AccountId> insert(Database& database, const Account& account);
Result<CredentialId> insert(Database& database, const Credential& credential);
Result<> insert(Database& database, const Domain& domain);  ///< with its keys
Result<WebhookId> insert(Database& database, const Webhook& webhook);
Result<> insert_secret(Database& database, std::string_view purpose, std::string_view bytes);
/// Also where there is one.
Result<> put_secret(Database& database, std::string_view purpose, std::string_view bytes);

Result<> update(Database& database, const Account& account);
Result<> update(Database& database, const Domain& domain);  ///< all but its keys
Result<> update(Database& database, const Webhook& webhook);
Result<> replace_keys(Database& database, const Domain& domain);

Result<> erase_credential(Database& database, std::string_view user);
Result<> erase_domain(Database& database, std::string_view name);
Result<> erase_webhook(Database& database, WebhookId id);

/// Domain::signatures from Domain::keys.
void renew_signatures(Domain& domain);

}  // namespace postrider::directory
