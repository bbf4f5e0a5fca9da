// Inner part of schema.cc: how long accounts are remembered, and the keys of what is kept of their
// messages. Days are days since 1970; -1: as the installation.
#pragma once

namespace postrider::directory {

inline constexpr const char* kRetention = R"(
  ALTER TABLE account ADD COLUMN events_days INTEGER NOT NULL DEFAULT -1;
  ALTER TABLE account ADD COLUMN content_days INTEGER NOT NULL DEFAULT -1;
  CREATE TABLE content_key (
    day INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
  ) STRICT;
)";

}  // namespace postrider::directory
