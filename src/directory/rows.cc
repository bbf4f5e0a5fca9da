#include "directory/rows.h"

#include <map>
#include <utility>

#include "base/log.h"
#include "directory/row_values.h"

namespace postrider::directory {
namespace {

constexpr std::int64_t kOpens = 1;
constexpr std::int64_t kClicks = 2;

std::int64_t bits_of(TrackingSwitches switches) {
  return (switches.opens ? kOpens : 0) | (switches.clicks ? kClicks : 0);
}

TrackingSwitches switches_at(const Statement& row, int column) {
  const std::int64_t bits = row.integer(column);
  return {.opens = (bits & kOpens) != 0, .clicks = (bits & kClicks) != 0};
}

/// A level that this version does not know allows nothing.
Privacy privacy_at(const Statement& row, int column) {
  const std::int64_t level = row.integer(column);
  return level < 0 || level > number(kPrivacyMost) ? Privacy::off : static_cast<Privacy>(level);
}

/// Its columns from `first` on.
Tracking tracking_at(const Statement& row, int first) {
  return {.host = row.text(first),
          .privacy = privacy_at(row, first + 1),
          .bulk = switches_at(row, first + 2),
          .transactional = switches_at(row, first + 3),
          .plain_text = row.integer(first + 4) != 0,
          .preserve_signed = row.integer(first + 5) != 0,
          .url_tags = row.text(first + 6),
          .kept_hosts = row.text(first + 7)};
}

Statement& bind(Statement& write, const Tracking& tracking) {
  return write.bind(tracking.host)
      .bind(number(tracking.privacy))
      .bind(bits_of(tracking.bulk))
      .bind(bits_of(tracking.transactional))
      .bind(number(tracking.plain_text))
      .bind(number(tracking.preserve_signed))
      .bind(tracking.url_tags)
      .bind(tracking.kept_hosts);
}

/// Its columns from `first` on.
BulkPause bulk_pause_at(const Statement& row, int first) {
  return {.is_paused = row.integer(first) != 0,
          .changed = time_at(row, first + 1),
          .by = row.text(first + 2),
          .why = row.text(first + 3),
          .counted_from = time_at(row, first + 4)};
}

Statement& bind(Statement& write, const BulkPause& pause) {
  return write.bind(number(pause.is_paused))
      .bind(milliseconds(pause.changed))
      .bind(pause.by)
      .bind(pause.why)
      .bind(milliseconds(pause.counted_from));
}

constexpr std::int64_t kAsInstallation = -1;

std::optional<std::chrono::days> days_at(const Statement& row, int column) {
  const std::int64_t days = row.integer(column);
  return days < 0 ? std::nullopt : std::optional(std::chrono::days(days));
}

std::int64_t count_of(const std::optional<std::chrono::days>& days) {
  return days ? days->count() : kAsInstallation;
}

using KeysByDomain = std::map<std::string, std::vector<DkimKey>, std::less<>>;

Result<KeysByDomain> read_keys(Database& database) {
  TRY(Statement rows, database.prepare("SELECT domain, selector, pem, is_active FROM dkim_key "
                                       "ORDER BY domain, selector"));
  KeysByDomain keys;
  while (true) {
    TRY(const bool found, rows.step());
    if (!found) {
      return keys;
    }
    auto key = mail::SigningKey::from_pem(rows.text(2));
    if (!key) {
      log::error(
          "a DKIM key cannot be read and signs nothing",
          {{"domain", rows.text(0)}, {"selector", rows.text(1)}, {"why", key.error().text()}});
      continue;
    }
    keys[rows.text(0)].push_back({.selector = rows.text(1),
                                  .key = std::make_shared<const mail::SigningKey>(*std::move(key)),
                                  .is_active = rows.integer(3) != 0});
  }
}

Result<> insert_keys(Database& database, const Domain& domain) {
  for (const DkimKey& key : domain.keys) {
    TRY(const std::string pem, key.key->to_pem(), "storing the key " + key.selector);
    TRY(Statement write, database.prepare("INSERT INTO dkim_key (domain, selector, pem, is_active) "
                                          "VALUES (?, ?, ?, ?)"));
    TRY_VOID(
        write.bind(domain.name).bind(key.selector).bind(pem).bind(number(key.is_active)).step());
  }
  return {};
}

Result<> erase_where(Database& database, std::string_view sql, std::string_view name) {
  TRY(Statement write, database.prepare(sql));
  TRY_VOID(write.bind(name).step());
  return {};
}

}  // namespace

Result<std::vector<Account>> read_accounts(Database& database) {
  TRY(Statement rows,
      database.prepare("SELECT id, name, dsn, own_return_paths, is_active, created, "
                       "tracking_host, privacy, track_bulk, track_transactional, "
                       "track_plain_text, preserve_signed, url_tags, kept_hosts, "
                       "bulk_paused, bulk_pause_changed, bulk_pause_by, bulk_pause_why, "
                       "counted_from, events_days, content_days, former_tracking_hosts "
                       "FROM account"));
  std::vector<Account> accounts;
  while (true) {
    TRY(const bool found, rows.step());
    if (!found) {
      return accounts;
    }
    Account& account = accounts.emplace_back(
        Account{.id = id_at<AccountId>(rows, 0),
                .name = rows.text(1),
                .dsn = static_cast<DsnDefault>(rows.integer(2)),
                .own_return_paths = rows.integer(3) != 0,
                .is_active = rows.integer(4) != 0,
                .tracking = tracking_at(rows, 6),
                .bulk_pause = bulk_pause_at(rows, 14),
                .retention = {.events = days_at(rows, 19), .content = days_at(rows, 20)},
                .created = time_at(rows, 5)});
    account.tracking.former_hosts = rows.text(21);
  }
}

Result<std::vector<Credential>> read_credentials(Database& database) {
  TRY(Statement rows,
      database.prepare("SELECT id, account, user, password_hash, stream, is_active, "
                       "created FROM credential"));
  std::vector<Credential> credentials;
  while (true) {
    TRY(const bool found, rows.step());
    if (!found) {
      return credentials;
    }
    credentials.push_back({.id = id_at<CredentialId>(rows, 0),
                           .account = id_at<AccountId>(rows, 1),
                           .user = rows.text(2),
                           .password_hash = rows.text(3),
                           .stream = static_cast<Stream>(rows.integer(4)),
                           .is_active = rows.integer(5) != 0,
                           .created = time_at(rows, 6)});
  }
}

Result<std::vector<Domain>> read_domains(Database& database) {
  TRY(KeysByDomain keys, read_keys(database));
  TRY(Statement rows, database.prepare("SELECT name, account, verified_how, ownership_token, "
                                       "return_path_domain, created FROM domain"));
  std::vector<Domain> domains;
  while (true) {
    TRY(const bool found, rows.step());
    if (!found) {
      return domains;
    }
    Domain domain{.name = rows.text(0),
                  .account = id_at<AccountId>(rows, 1),
                  .is_verified = !rows.text(2).empty(),
                  .verified_how = rows.text(2),
                  .ownership_token = rows.text(3),
                  .return_path_domain = rows.text(4),
                  .keys = {},
                  .signatures = {},
                  .created = time_at(rows, 5)};
    domain.keys = std::move(keys[domain.name]);
    renew_signatures(domain);
    domains.push_back(std::move(domain));
  }
}

Result<std::optional<std::string>> read_secret(Database& database, std::string_view purpose) {
  TRY(Statement find, database.prepare("SELECT bytes FROM secret WHERE purpose = ?"));
  TRY(const bool found, find.bind(purpose).step());
  return found ? std::optional(find.text(0)) : std::nullopt;
}

Result<AccountId> insert(Database& database, const Account& account) {
  TRY(Statement write, database.prepare("INSERT INTO account (name, dsn, own_return_paths, "
                                        "is_active, created) VALUES (?, ?, ?, ?, ?)"));
  TRY_VOID(write.bind(account.name)
               .bind(number(account.dsn))
               .bind(number(account.own_return_paths))
               .bind(number(account.is_active))
               .bind(milliseconds(account.created))
               .step());
  return AccountId{static_cast<std::uint64_t>(database.last_row_id())};
}

Result<CredentialId> insert(Database& database, const Credential& credential) {
  TRY(Statement write, database.prepare("INSERT INTO credential (account, user, password_hash, "
                                        "stream, is_active, created) VALUES (?, ?, ?, ?, ?, ?)"));
  TRY_VOID(write.bind(number(credential.account))
               .bind(credential.user)
               .bind(credential.password_hash)
               .bind(number(credential.stream))
               .bind(number(credential.is_active))
               .bind(milliseconds(credential.created))
               .step());
  return CredentialId{static_cast<std::uint64_t>(database.last_row_id())};
}

Result<> insert(Database& database, const Domain& domain) {
  TRY(Statement write,
      database.prepare("INSERT INTO domain (name, account, verified_how, ownership_token, "
                       "return_path_domain, created) VALUES (?, ?, ?, ?, ?, ?)"));
  TRY_VOID(write.bind(domain.name)
               .bind(number(domain.account))
               .bind(domain.verified_how)
               .bind(domain.ownership_token)
               .bind(domain.return_path_domain)
               .bind(milliseconds(domain.created))
               .step());
  return insert_keys(database, domain);
}

Result<> insert_secret(Database& database, std::string_view purpose, std::string_view bytes) {
  TRY(Statement write, database.prepare("INSERT INTO secret (purpose, bytes) VALUES (?, ?)"));
  TRY_VOID(write.bind(purpose).bind_blob(bytes).step());
  return {};
}

Result<> put_secret(Database& database, std::string_view purpose, std::string_view bytes) {
  TRY(Statement write,
      database.prepare("INSERT OR REPLACE INTO secret (purpose, bytes) VALUES (?, ?)"));
  TRY_VOID(write.bind(purpose).bind_blob(bytes).step());
  return {};
}

Result<> update(Database& database, const Account& account) {
  TRY(Statement write,
      database.prepare("UPDATE account SET dsn = ?, own_return_paths = ?, is_active = ?, "
                       "tracking_host = ?, privacy = ?, track_bulk = ?, track_transactional = ?, "
                       "track_plain_text = ?, preserve_signed = ?, url_tags = ?, kept_hosts = ?, "
                       "bulk_paused = ?, bulk_pause_changed = ?, bulk_pause_by = ?, "
                       "bulk_pause_why = ?, counted_from = ?, events_days = ?, content_days = ?, "
                       "former_tracking_hosts = ? WHERE id = ?"));
  write.bind(number(account.dsn))
      .bind(number(account.own_return_paths))
      .bind(number(account.is_active));
  bind(write, account.tracking);
  bind(write, account.bulk_pause);
  TRY_VOID(write.bind(count_of(account.retention.events))
               .bind(count_of(account.retention.content))
               .bind(account.tracking.former_hosts)
               .bind(number(account.id))
               .step());
  return {};
}

Result<> update(Database& database, const Domain& domain) {
  TRY(Statement write,
      database.prepare("UPDATE domain SET verified_how = ?, return_path_domain = ? "
                       "WHERE name = ?"));
  TRY_VOID(
      write.bind(domain.verified_how).bind(domain.return_path_domain).bind(domain.name).step());
  return {};
}

Result<> replace_keys(Database& database, const Domain& domain) {
  TRY_VOID(erase_where(database, "DELETE FROM dkim_key WHERE domain = ?", domain.name));
  return insert_keys(database, domain);
}

Result<> erase_credential(Database& database, std::string_view user) {
  return erase_where(database, "DELETE FROM credential WHERE user = ?", user);
}

Result<> erase_domain(Database& database, std::string_view name) {
  return erase_where(database, "DELETE FROM domain WHERE name = ?", name);
}

void renew_signatures(Domain& domain) {
  domain.signatures.clear();
  for (const DkimKey& key : domain.keys) {
    if (key.is_active) {
      domain.signatures.push_back(
          {.domain = domain.name, .selector = key.selector, .key = key.key});
    }
  }
}

}  // namespace postrider::directory
