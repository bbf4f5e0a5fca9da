// Headers and bodies of messages, kept for a few days for people to look at, where the installation
// or the account wants it; otherwise this costs nothing.
//
// A message is encrypted (XSalsa20 and Poly1305, libsodium's secretbox) with the key of the day on
// which it is to go. All that goes on a day has one key, in the directory; once that is dropped,
// nothing can be read any more, wherever the bytes still lie, and they go as well. A message that
// is kept for N days goes at the end (UTC) of the N-th, the day of its acceptance being the first.
//
// Table::content. Key: day (4 bytes, since 1970), message id (8). Value: a version, the nonce, what
// was encrypted, a checksum. Any thread; reading, and the first message of a day, block for a
// moment on the disk. Errors: those of the store and of the directory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "directory/directory.h"
#include "store/store.h"

namespace postrider::retention {

class ContentStore {
 public:
  /// Both outlive it.
  ContentStore(const store::Store& store, directory::Directory& directory)
      : store_(store), directory_(directory) {}

  /// Into the step that accepts the message. `keep_for`: over 0; counted in days that have begun.
  Result<> put(store::Step& step, MessageId message, std::string_view content, Duration keep_for,
               Time now);
  /// Nothing: it is not kept (any more).
  Result<std::optional<std::string>> read(MessageId message, Time now) const;
  /// Erases in `step` what `is_to_go` says of all that are kept and can be read. How many.
  Result<std::uint64_t> erase_if(
      store::Step& step, const std::function<bool(std::string_view content)>& is_to_go) const;

  /// What is to have gone by `now` goes, keys first. `step` is the caller's to commit.
  Result<> expire(store::Step& step, Time now);

 private:
  using Key = directory::Directory::ContentKey;
  Result<Key> key_of_day(std::uint32_t day);
  Result<std::optional<std::string>> open(std::uint32_t day, std::string_view record) const;

  const store::Store& store_;
  directory::Directory& directory_;
  std::mutex mutex_;
  std::map<std::uint32_t, Key> keys_;  // that were used since the start
};

/// How long an account's messages are kept; 0: not at all.
Duration content_kept(const directory::Account* account, Duration installation);

}  // namespace postrider::retention
