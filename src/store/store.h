// The one database behind the spool and the event store: opening it, committing steps to it as a
// group, reading from it.
//
// What a commit promises: when a step's completion hears success, the step is on stable storage
// (fdatasync of the write-ahead log has returned). One thread drains what has queued, writes it as
// one batch, syncs once and answers everybody. A step may be a note: it needs no sync of its own
// and rides with the next commit, 5 ms later at most.
//
// A sync or write that fails latches the store: nothing is written any more, every commit fails
// with Errc::unavailable, and `on_latched` is called once. Linux drops dirty pages after a failed
// fsync, so that a retry would lie; the process has to end and to recover from what is really
// there.
//
// A full disk is no failed sync: promises fail with Errc::unavailable until there is room again,
// and notes are held until then. The store then goes on by itself, within seconds; where it was the
// log that found no room, or the database does not go on within `resume_wait`, it latches then.
//
// After opening, the last acknowledged sequence number (a file beside the database) is compared
// with what was recovered: acknowledged writes that are missing, and a damaged log, are reported by
// `missing_writes()`. What can be read behind the damage is recovered too.
//
// Threads: submit() and reads from any; completions run where they are sent (Committer).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/io_threads.h"
#include "store/step.h"

namespace postrider::store {

struct StoreOptions {
  std::filesystem::path directory;  ///< the database's own; created in a directory that exists
  bool read_only = false;
  std::uint64_t write_buffer_bytes = 16 << 20;  ///< of meta and of body each
  std::uint64_t reserve_bytes = 256 << 20;      ///< free space under which has_room() says no
  std::chrono::milliseconds note_wait{5};
  std::chrono::milliseconds resume_wait{60'000};  ///< for the database to go on once there is room
  std::size_t open_files_max = 256;               ///< of tables and bodies that are kept open
  bool compress = true;                           ///< LZ4, of all but bodies
};

enum class Urgency : std::uint8_t {
  promise,  ///< sync before the completion
  note,     ///< with the next commit; the completion comes after that one's sync
};

using Completion = std::move_only_function<void(const Result<>&)>;

/// Counters since the start; for metrics and tests.
struct StoreFigures {
  std::uint64_t commits = 0;
  std::uint64_t steps = 0;
  std::uint64_t syncs_failed = 0;
  std::uint64_t bytes = 0;
  bool is_latched = false;
  bool is_full = false;
};

class Store {
 public:
  /// Errc::corrupt: the database can't be opened; the text says what to do. Errc::unavailable:
  /// another process has it, or the disk refuses. Errc::not_found: read_only, and there is none.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  ~Store();  ///< commits what is queued, if it was started
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Starts committing. `on_latched` runs on the commit thread, once, with the reason.
  void start(std::function<void(const Error&)> on_latched);

  /// What is wanted by one thread in one round goes in as one batch: see Committer.
  struct Request {
    Step step;
    Urgency urgency = Urgency::promise;
    Completion completed;              ///< may be empty
    net::Mailbox* reply_to = nullptr;  ///< where `completed` runs; outlives the store
  };
  void submit(std::vector<Request>& requests);

  Result<std::optional<std::string>> get(Table table, std::string_view key) const;
  /// Every entry with key >= from, in order, until `take` says false or `to` (if not empty) is
  /// reached.
  Result<> scan(
      Table table, std::string_view from, std::string_view to,
      const std::function<bool(std::string_view key, std::string_view value)>& take) const;
  Result<std::optional<std::string>> last_key(Table table) const;
  std::uint64_t estimated_entries(Table table) const;  ///< about; without reading them

  /// Of the event log: the highest that is durable.
  std::uint64_t last_sequence() const;
  /// False if less than the reserve plus `bytes` is free, while the disk is full, and once the
  /// store is latched. Cheap: looks at most 4 times a second.
  bool has_room(std::uint64_t bytes) const;

  /// Memory or files wait to be flushed or compacted so much that the database is about to slow
  /// down every commit, or to stop it. Who writes much and has time (a consumer that reads the log
  /// anew) waits meanwhile.
  bool is_behind() const;

  /// False while the disk is full, and once the store is latched: notes wait, promises are refused.
  bool takes_writes() const;

  /// Set if acknowledged writes were not recovered, or if nobody can tell; for people to read.
  /// Stays for this run; after the next commit the next start no longer sees it.
  std::optional<std::string> missing_writes() const;

  /// Makes a copy as of now (store/checkpoint.h) and says where; it replaces the one before. Blocks
  /// for as long as it takes to copy the log. Not of a store that is read only.
  Result<std::filesystem::path> checkpoint() const;

  std::uint64_t disk_bytes() const;  ///< of the database's files
  /// Of a table's files: what is in memory only, or waits to be compacted away, counts as it lies.
  std::uint64_t bytes_of(Table table) const;
  /// Takes off the disk what has been erased of a table before `to` (empty: all of it). Reads and
  /// writes that part of the table again, at the pace of the database's own compactions; blocks.
  Result<> compact(Table table, std::string_view to) const;
  /// After it no file of the database, its log included, holds what was erased or overwritten when
  /// it was called, nor does a copy that checkpoint() made or a damaged log that was kept. Writes
  /// the whole database again; blocks for that long. (Not of a store that is read only.)
  Result<> purge() const;
  StoreFigures figures() const;

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postrider::store
