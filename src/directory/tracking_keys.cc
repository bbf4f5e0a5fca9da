#include <algorithm>
#include <sodium.h>

#include "directory/directory.h"
#include "directory/rows.h"
#include "directory/state.h"

namespace postrider::directory {
namespace {

using Key = Directory::TrackingKey;
using Keys = std::vector<Key>;

constexpr std::string_view kPurpose = "tracking";
constexpr std::size_t kEntryBytes = 1 + sizeof(Key::key);
constexpr std::size_t kKeysMax = 200;

// One secret: id and key of each, the newest first.
Result<Keys> keys_in(std::string_view bytes) {
  if (bytes.size() % kEntryBytes != 0) {
    return fail(Errc::corrupt, "the tracking keys have " + std::to_string(bytes.size()) + " bytes");
  }
  Keys keys;
  for (; !bytes.empty(); bytes.remove_prefix(kEntryBytes)) {
    Key& key = keys.emplace_back(Key{.id = static_cast<std::uint8_t>(bytes.front()), .key = {}});
    std::ranges::copy(bytes.substr(1, key.key.size()), key.key.begin());
  }
  return keys;
}

std::string bytes_of(const Keys& keys) {
  std::string bytes;
  for (const Key& key : keys) {
    bytes.push_back(static_cast<char>(key.id));
    bytes.append(key.key.begin(), key.key.end());
  }
  return bytes;
}

void add_newest(Keys& keys) {
  if (keys.size() >= kKeysMax) {
    keys.pop_back();
  }
  // The next number that is free: with 200 kept there is one among 255.
  Key key{.id = keys.empty() ? std::uint8_t{0} : keys.front().id, .key = {}};
  do {
    ++key.id;
  } while (key.id == 0 || std::ranges::count(keys, key.id, &Key::id) != 0);
  randombytes_buf(key.key.data(), key.key.size());
  keys.insert(keys.begin(), key);
}

}  // namespace

Result<Keys> Directory::change_tracking_keys(const std::function<Result<>(Keys&)>& change) {
  const std::lock_guard lock(state_->writing);
  TRY(const std::optional<std::string> stored, read_secret(state_->database, kPurpose),
      "reading the tracking keys");
  TRY(Keys keys, keys_in(stored.value_or("")));
  const std::string before = bytes_of(keys);
  TRY_VOID(change(keys));
  const std::string after = bytes_of(keys);
  if (after != before) {
    TRY_VOID(state_->commit([&] { return put_secret(state_->database, kPurpose, after); }));
  }
  return keys;
}

Result<Keys> Directory::tracking_keys() {
  return change_tracking_keys([this](Keys& keys) -> Result<> {
    if (!keys.empty()) {
      return {};
    }
    if (state_->mode == OpenMode::read_only) {
      return fail(Errc::not_found, "no tracking key has been made yet");
    }
    add_newest(keys);
    return {};
  });
}

Result<Keys> Directory::rotate_tracking_keys() {
  return change_tracking_keys([](Keys& keys) -> Result<> {
    add_newest(keys);
    return {};
  });
}

Result<Keys> Directory::remove_tracking_key(std::uint8_t id) {
  return change_tracking_keys([id](Keys& keys) -> Result<> {
    const auto found = std::ranges::find(keys, id, &Key::id);
    if (found == keys.end()) {
      return no_such("tracking key", std::to_string(id));
    }
    if (keys.size() == 1) {
      return fail(Errc::invalid, "it is the only tracking key: rotate first");
    }
    keys.erase(found);
    return {};
  });
}

}  // namespace postrider::directory
