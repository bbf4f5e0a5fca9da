#include <algorithm>
#include <sodium.h>

#include "directory/row_values.h"
#include "directory/state.h"

namespace postrider::directory {
namespace {

using ContentKey = Directory::ContentKey;

Result<std::optional<ContentKey>> read_key(Database& database, std::uint32_t day) {
  TRY(Statement find, database.prepare("SELECT bytes FROM content_key WHERE day = ?"));
  TRY(const bool found, find.bind(number(day)).step());
  if (!found) {
    return std::optional<ContentKey>();
  }
  const std::string bytes = find.text(0);
  ContentKey key{};
  if (bytes.size() != key.size()) {
    return fail(Errc::corrupt, "the key of day " + std::to_string(day) + " has the wrong length");
  }
  std::ranges::copy(bytes, key.begin());
  return std::optional(key);
}

Result<std::uint64_t> count_keys(Database& database, std::uint32_t before) {
  TRY(Statement count, database.prepare("SELECT count(*) FROM content_key WHERE day < ?"));
  TRY_VOID(count.bind(number(before)).step());
  return static_cast<std::uint64_t>(count.integer(0));
}

}  // namespace

Result<ContentKey> Directory::make_content_key(std::uint32_t day) {
  const std::lock_guard lock(state_->writing);
  TRY(const std::optional<ContentKey> found, read_key(state_->database, day));
  if (found) {
    return *found;
  }
  ContentKey key{};
  ::randombytes_buf(key.data(), key.size());
  const std::string_view bytes(reinterpret_cast<const char*>(key.data()), key.size());
  TRY_VOID(state_->commit([&]() -> Result<> {
    TRY(Statement write,
        state_->database.prepare("INSERT INTO content_key (day, bytes) VALUES (?, ?)"));
    TRY_VOID(write.bind(number(day)).bind_blob(bytes).step());
    return {};
  }));
  return key;
}

Result<std::optional<ContentKey>> Directory::content_key(std::uint32_t day) const {
  const std::lock_guard lock(state_->writing);
  return read_key(state_->database, day);
}

Result<std::uint64_t> Directory::drop_content_keys(std::uint32_t before) {
  const std::lock_guard lock(state_->writing);
  TRY(const std::uint64_t dropped, count_keys(state_->database, before));
  if (dropped == 0) {
    return dropped;
  }
  TRY_VOID(state_->commit([&]() -> Result<> {
    TRY(Statement write, state_->database.prepare("DELETE FROM content_key WHERE day < ?"));
    TRY_VOID(write.bind(number(before)).step());
    return {};
  }));
  // The WAL still has the page as it was.
  TRY_VOID(state_->database.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  return dropped;
}

Result<> Directory::purge() {
  const std::lock_guard lock(state_->writing);
  TRY_VOID(state_->database.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"),
           "writing the directory again");
  return {};
}

}  // namespace postrider::directory
