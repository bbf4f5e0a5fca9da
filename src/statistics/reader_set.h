// Which recipients have opened, and which have clicked: an exact set, so that each counts once
// however often they come, and which event of theirs that was. Kept beside the rows of counters
// (rows.h), under keys that no account has.
//
// What is stored for a recipient: a version, varints (times that a person came; hour of the first
// time; from version 2 on tag of the histogram that it was counted under, 0: none, and sequence of
// its event), a checksum. Thread: the counter's.
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

  /// How and where the first time was counted.
  struct First {
    std::uint32_t hour = 0;
    std::uint32_t tag = 0;       ///< of a histogram; 0: none
    std::uint64_t sequence = 0;  ///< of the event; 0: an older version has not kept it
  };

  /// A person came. True: for the first time, which is to be counted as this. Errors: those of the
  /// store.
  Result<bool> add(What what, RecipientId recipient, const First& first);
  /// One of those times it was no person. How they were counted, if there is no other time.
  Result<std::optional<First>> remove(What what, RecipientId recipient);

  /// Writes what has changed since the last call, and forgets it.
  void write(store::Step& step);
  void forget() { changed_.clear(); }

 private:
  struct Entry {
    std::uint64_t times = 0;
    First first;
  };
  Result<Entry*> entry(What what, RecipientId recipient);

  const store::Store& store_;
  std::unordered_map<std::string, Entry> changed_;  // by key
};

}  // namespace postrider::statistics
