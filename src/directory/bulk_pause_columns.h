// The columns of an account's BulkPause: the migration that adds them.
#pragma once

namespace postrider::directory {

// Times are milliseconds since 1970.
inline constexpr const char* kBulkPauseColumns = R"(
  ALTER TABLE account ADD COLUMN bulk_paused INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE account ADD COLUMN bulk_pause_changed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE account ADD COLUMN bulk_pause_by TEXT NOT NULL DEFAULT '';
  ALTER TABLE account ADD COLUMN bulk_pause_why TEXT NOT NULL DEFAULT '';
  ALTER TABLE account ADD COLUMN counted_from INTEGER NOT NULL DEFAULT 0;
)";

}  // namespace postrider::directory
