#include "directory/schema.h"

#include <array>
#include <cstdint>
#include <string>

#include "directory/bulk_pause_columns.h"
#include "directory/schema_retention.h"
#include "directory/tracking_migration.h"

namespace postrider::directory {
namespace {

// Times are milliseconds since 1970; enums are the numbers of directory.h. AUTOINCREMENT, because
// the id of an account that is gone stands in old events and must never name another one.
constexpr const char* kFirstTables = R"(
  CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    dsn INTEGER NOT NULL,
    own_return_paths INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    created INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE credential (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account(id),
    user TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    stream INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    created INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE domain (
    name TEXT PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account(id),
    verified_how TEXT NOT NULL,
    ownership_token TEXT NOT NULL,
    return_path_domain TEXT NOT NULL,
    created INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE dkim_key (
    domain TEXT NOT NULL REFERENCES domain(name) ON DELETE CASCADE,
    selector TEXT NOT NULL,
    pem TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    PRIMARY KEY (domain, selector)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE secret (
    purpose TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
)";

// Endpoints that are told of events. An id names a cursor, so that it is never given twice; account
// 0 is every account.
constexpr const char* kWebhooks = R"(
  CREATE TABLE webhook (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL,
    url TEXT NOT NULL,
    backup_url TEXT NOT NULL,
    format INTEGER NOT NULL,
    types TEXT NOT NULL,
    campaigns TEXT NOT NULL,
    headers TEXT NOT NULL,
    contact TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT NOT NULL,
    state INTEGER NOT NULL,
    why TEXT NOT NULL,
    on_backup INTEGER NOT NULL,
    begins_at INTEGER NOT NULL,
    created INTEGER NOT NULL
  ) STRICT;
)";

// How an account's mail is tracked. Switches: 1 opens, 2 clicks.
constexpr const char* kTracking = R"(
  ALTER TABLE account ADD COLUMN tracking_host TEXT NOT NULL DEFAULT '';
  ALTER TABLE account ADD COLUMN privacy INTEGER NOT NULL DEFAULT 3;
  ALTER TABLE account ADD COLUMN track_bulk INTEGER NOT NULL DEFAULT 3;
  ALTER TABLE account ADD COLUMN track_transactional INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE account ADD COLUMN track_plain_text INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE account ADD COLUMN preserve_signed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE account ADD COLUMN url_tags TEXT NOT NULL DEFAULT '';
  ALTER TABLE account ADD COLUMN kept_hosts TEXT NOT NULL DEFAULT '';
)";

constexpr std::array kMigrations = {kFirstTables,        kWebhooks,        kTracking,
                                    kBulkPauseColumns,   kTrackingChoices, kRetention,
                                    kFormerTrackingHosts};
constexpr auto kPresent = static_cast<std::int64_t>(kMigrations.size());

Result<std::int64_t> read_version(Database& database) {
  TRY(Statement find, database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = ?"));
  TRY_VOID(find.bind("schema_version").step());
  if (find.integer(0) == 0) {
    return 0;
  }
  TRY(Statement read, database.prepare("SELECT version FROM schema_version"));
  TRY(const bool found, read.step());
  return found ? read.integer(0) : 0;
}

std::unexpected<Error> newer(std::int64_t version) {
  return fail(Errc::invalid, "its schema has version " + std::to_string(version) +
                                 ", this program knows " + std::to_string(kPresent) +
                                 ": run the newer program that wrote it");
}

}  // namespace

Result<> migrate(Database& database) {
  TRY(Transaction transaction, Transaction::begin(database));
  TRY(const std::int64_t version, read_version(database));
  if (version > kPresent) {
    return newer(version);
  }
  if (version == kPresent) {
    return {};
  }
  for (std::int64_t next = version; next < kPresent; ++next) {
    TRY_VOID(database.execute(kMigrations[static_cast<std::size_t>(next)]),
             "migrating to version " + std::to_string(next + 1));
  }
  TRY_VOID(
      database.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) "
                       "STRICT; DELETE FROM schema_version"));
  TRY(Statement write, database.prepare("INSERT INTO schema_version VALUES (?)"));
  TRY_VOID(write.bind(kPresent).step());
  return transaction.commit();
}

Result<> check_schema(Database& database) {
  TRY(const std::int64_t version, read_version(database));
  if (version > kPresent) {
    return newer(version);
  }
  if (version < kPresent) {
    return fail(Errc::invalid, "its schema has version " + std::to_string(version) +
                                   " and must be brought to " + std::to_string(kPresent) +
                                   ": start the relay once");
  }
  return {};
}

}  // namespace postrider::directory
