// Inner part of directory: the migrations that bring what accounts and readers have chosen about
// tracking, and which hosts accounts have had. Append-only (schema.cc).
#pragma once

namespace postrider::directory {

// Switches: 1 opens, 2 clicks; null: as the message's stream has it. Account 0 is every account.
// Of people who are not to be tracked only a keyed hash of the address is kept.
inline constexpr const char* kTrackingChoices = R"(
  CREATE TABLE campaign_tracking (
    account INTEGER NOT NULL REFERENCES account(id),
    campaign TEXT NOT NULL,
    switches INTEGER,
    privacy INTEGER NOT NULL,
    PRIMARY KEY (account, campaign)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tracking_refusal (
    account INTEGER NOT NULL,
    address BLOB NOT NULL,
    privacy INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (account, address)
  ) STRICT, WITHOUT ROWID;
)";

// Names, a space in between.
inline constexpr const char* kFormerTrackingHosts =
    "ALTER TABLE account ADD COLUMN former_tracking_hosts TEXT NOT NULL DEFAULT ''";

}  // namespace postrider::directory
