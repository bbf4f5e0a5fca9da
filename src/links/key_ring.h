// The keys of tracking tokens, as every thread uses them: an immutable snapshot, which a rotation
// replaces. They are kept in the directory.
//
//   const auto keys = ring.current();
//   const track::TokenKeys::Maker maker = keys->maker(account, message);
//   maker.url(base, recipient, track::TokenKind::unsubscribe);
//
// current(): any thread, one lock for as long as it takes to copy a shared_ptr. The others block on
// the directory; changes of another process are not seen.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "directory/directory.h"
#include "track/token.h"

namespace postrider::links {

class KeyRing {
 public:
  /// Makes the first key where there is none. Errors: those of the directory, which outlives it.
  static Result<std::unique_ptr<KeyRing>> open(directory::Directory& directory);

  std::shared_ptr<const track::TokenKeys> current() const;

  /// Ids, the newest first.
  std::vector<std::uint8_t> ids() const;
  /// From here on tokens are made with a new key; those of the others are still understood. Returns
  /// its id.
  Result<std::uint8_t> rotate();
  /// Tokens of this key are understood no more. Errors as Directory::remove_tracking_key().
  Result<> remove(std::uint8_t id);

 private:
  explicit KeyRing(directory::Directory& directory) : directory_(directory) {}
  Result<> publish(const std::vector<directory::Directory::TrackingKey>& stored);

  directory::Directory& directory_;
  mutable std::mutex mutex_;
  std::shared_ptr<const track::TokenKeys> keys_;
  std::vector<std::uint8_t> ids_;
};

}  // namespace postrider::links
