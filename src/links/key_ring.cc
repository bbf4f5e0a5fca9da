#include "links/key_ring.h"

#include <utility>

namespace postrider::links {

Result<std::unique_ptr<KeyRing>> KeyRing::open(directory::Directory& directory) {
  std::unique_ptr<KeyRing> ring(new KeyRing(directory));
  TRY(const auto stored, directory.tracking_keys());
  TRY_VOID(ring->publish(stored));
  return ring;
}

Result<> KeyRing::publish(const std::vector<directory::Directory::TrackingKey>& stored) {
  std::vector<track::TokenKeys::Entry> entries;
  std::vector<std::uint8_t> ids;
  for (const directory::Directory::TrackingKey& key : stored) {
    entries.push_back({.id = key.id, .key = key.key});
    ids.push_back(key.id);
  }
  TRY(track::TokenKeys made, track::TokenKeys::create(entries));
  auto keys = std::make_shared<const track::TokenKeys>(std::move(made));
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
  ids_ = std::move(ids);
  return {};
}

std::shared_ptr<const track::TokenKeys> KeyRing::current() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

std::vector<std::uint8_t> KeyRing::ids() const {
  const std::lock_guard lock(mutex_);
  return ids_;
}

Result<std::uint8_t> KeyRing::rotate() {
  TRY(const auto stored, directory_.rotate_tracking_keys());
  TRY_VOID(publish(stored));
  return stored.front().id;
}

Result<> KeyRing::remove(std::uint8_t id) {
  TRY(const auto stored, directory_.remove_tracking_key(id));
  return publish(stored);
}

}  // namespace postrider::links
