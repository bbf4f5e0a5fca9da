// Which recipients have opened, and which have clicked: an exact set, so that each counts once
// however often they come. Kept beside the rows of counters (rows.h), under keys that no account
// has.
//
// What is stored for a recipient: a version, varints (times that a person came, hour of the first
// time), a checksum. Thread: the counter's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/ids.h"
#include "base/result.h"
#include "store/store.h"

namespace postrider::statistics {

class ReaderSet {
 public:
  enum class What : char { opened = 'o', clicked = 'c' };

  /// Whose row this is; nothing: it is not one of these.
  static std::optional<RecipientId> recipient_of_key(std::string_view key);

  explicit ReaderSet(const store::Store& store) : store_(store) {}

  /// A person came, in this hour. True: for the first time. Errors: those of the store.
  Result<bool> add(What what, RecipientId recipient, std::uint32_t hour);
  /// One of those times it was no person. The hour in which they were counted, if there is no other
  /// time.
  Result<std::optional<std::uint32_t>> remove(What what, RecipientId recipient);

  /// Writes what has changed since the last call, and forgets it.
  void write(store::Step& step);
  void forget() { changed_.clear(); }

 private:
  struct Entry {
    std::uint64_t times = 0;
    std::uint32_t hour = 0;
  };
  Result<Entry*> entry(What what, RecipientId recipient);

  const store::Store& store_;
  std::unordered_map<std::string, Entry> changed_;  // by key
};

}  // namespace postrider::statistics
