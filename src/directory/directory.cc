#include "directory/directory.h"

#include <algorithm>
#include <sodium.h>

#include "directory/rows.h"
#include "directory/schema.h"
#include "directory/state.h"

namespace postrider::directory {

Directory::Directory(std::unique_ptr<State> state) : state_(std::move(state)) {}
Directory::~Directory() = default;

Result<std::unique_ptr<Directory>> Directory::open(const std::filesystem::path& file,
                                                   OpenMode mode) {
  const std::string doing = "opening the directory " + file.string();
  if (sodium_init() < 0) {
    return fail(Errc::unavailable, doing + ": libsodium finds no source of random numbers");
  }
  TRY(Database database, Database::open(file, mode == OpenMode::read_write), doing);
  TRY_VOID(mode == OpenMode::read_write ? migrate(database) : check_schema(database), doing);
  auto state = std::make_unique<State>(std::move(database), mode);
  TRY_VOID(state->load(), doing);
  return std::unique_ptr<Directory>(new Directory(std::move(state)));
}

std::shared_ptr<const Snapshot> Directory::snapshot() const {
  return state_->current();
}

Result<std::array<std::uint8_t, 32>> Directory::secret(std::string_view purpose) {
  const std::string doing = "reading the secret " + in_quotes(purpose);
  const std::lock_guard lock(state_->writing);
  std::array<std::uint8_t, 32> secret{};
  TRY(const std::optional<std::string> stored, read_secret(state_->database, purpose), doing);
  if (stored) {
    if (stored->size() != secret.size()) {
      return fail(Errc::corrupt, doing + ": it has " + std::to_string(stored->size()) + " bytes");
    }
    std::ranges::copy(*stored, secret.begin());
    return secret;
  }
  if (state_->mode == OpenMode::read_only) {
    return fail(Errc::not_found, doing + ": it has not been made yet");
  }
  randombytes_buf(secret.data(), secret.size());
  const std::string bytes(secret.begin(), secret.end());
  TRY_VOID(state_->commit([&] { return insert_secret(state_->database, purpose, bytes); }));
  return secret;
}

}  // namespace postrider::directory
