// Lets old events go: those beyond the longest retention, those beyond the budget, and those of
// accounts that want to be remembered for less.
//
// What a reader who is served has not read stays, unless the budget asks for its room: then the
// readers are told where the log begins, and say what they have lost. What is younger than
// `events_min` goes by the budget only, and an alert says so, once a day. The last event always
// stays: the next number follows from it.
//
// An event goes together with its entry in the index by recipient, in steps of a few thousand;
// what has gone is compacted away at the end of a round, so that the room is free. The log is read
// once for this, and once for each different retention that accounts ask for.
//
// Thread: one, which may block; the figures from any. Errors: those of the store.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "directory/directory.h"
#include "retention/options.h"
#include "store/store.h"

namespace postrider::retention {

/// Whoever reads the log from a cursor.
struct LogReader {
  std::string name;
  std::uint64_t next = 0;
  bool is_served = true;  ///< false: paused or suspended, for as long as it takes
};

class LogTrimmer {
 public:
  struct Parts {
    const Clock& clock;
    store::Store& store;
    const directory::Directory& directory;
    std::function<Result<>(store::Step)> commit;  ///< returns once it is durable
    std::function<Result<std::vector<LogReader>>()> readers;
    /// The log begins at `first` now, and this reader has not come that far.
    std::function<void(const LogReader& reader, std::uint64_t first)> lose;
  };
  explicit LogTrimmer(Parts parts) : parts_(std::move(parts)) {}

  /// Finds out where the log begins.
  Result<> open();
  /// A bounded piece of what is to be done. True: there is more.
  Result<bool> step(const Options& options);

  std::uint64_t first() const { return first_.load(); }      ///< number of the oldest event
  std::uint64_t trimmed() const { return trimmed_.load(); }  ///< events, since it was made
  std::uint64_t bytes() const;                               ///< of the log and its index, on disk

 private:
  struct Round {
    std::uint64_t until = 0;
    bool is_forced = false;  ///< by the budget
    std::uint64_t gone = 0;
    Time youngest{};  ///< of what has gone
  };
  struct Shorter {
    std::set<AccountId> accounts;
    std::uint64_t next = 1;  ///< what lies in front of it is done
  };
  using ByDays = std::map<std::chrono::days, Shorter>;

  Result<std::optional<Round>> plan(const Options& options) const;
  Result<bool> trim(const Options& options);
  Result<> end_round(const Options& options);
  Result<> alert(Time youngest, const Options& options);
  void find_shorter(const Options& options);
  Result<bool> trim_shorter();
  Result<std::uint64_t> read_by_all() const;

  Parts parts_;
  std::atomic<std::uint64_t> first_ = 1;
  std::atomic<std::uint64_t> trimmed_ = 0;
  std::optional<Round> round_;
  std::optional<Time> alerted_;
  ByDays shorter_;
};

}  // namespace postrider::retention
