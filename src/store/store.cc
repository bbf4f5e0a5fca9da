#include "store/store.h"

#include <cassert>
#include <charconv>
#include <mutex>
#include <system_error>
#include <utility>

#include "store/acknowledged_file.h"
#include "store/checkpoint.h"
#include "store/commit_thread.h"
#include "store/database.h"
#include "store/purge.h"
#include "store/rocks_options.h"

namespace postrider::store {
namespace {

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

std::size_t number_in(std::string_view digits) {
  std::size_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

// In the order in which they are made; they end in the reverse.
struct Store::State {
  /// RocksDB names the table that it can't read, but of a blob file nothing.
  Error unreadable(const rocksdb::Status& status) const {
    return explain(status).within("reading the database in " + options.directory.string());
  }

  StoreOptions options;
  std::unique_ptr<AcknowledgedFile> acknowledged;  // null if read-only
  std::unique_ptr<Database> database;
  std::unique_ptr<CommitThread> committing;  // null if read-only
  std::uint64_t found_last_sequence = 0;
  std::mutex making_checkpoint;
};

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  auto state = std::make_unique<State>();
  state->options = options;
  std::optional<std::uint64_t> acknowledged;
  if (!options.read_only) {
    TRY(state->acknowledged, AcknowledgedFile::open(acknowledged_file(options.directory)));
    acknowledged = state->acknowledged->found();
  }
  TRY(state->database, Database::open(options, acknowledged));
  TRY(state->found_last_sequence, state->database->last_event());
  if (!options.read_only) {
    if (!acknowledged && !state->database->problem()) {
      state->acknowledged->begin();
    }
    state->committing = std::make_unique<CommitThread>(*state->database, *state->acknowledged,
                                                       options, state->found_last_sequence);
  }
  return std::unique_ptr<Store>(new Store(std::move(state)));
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

void Store::start(std::function<void(const Error&)> on_latched) {
  assert(state_->committing && "opened to be read only");
  state_->committing->start(std::move(on_latched));
}

void Store::submit(std::vector<Request>& requests) {
  assert(state_->committing && "opened to be read only");
  state_->committing->submit(requests);
}

Result<std::optional<std::string>> Store::get(Table table, std::string_view key) const {
  rocksdb::ColumnFamilyHandle* family = state_->database->family(table);
  if (family == nullptr) {
    return std::optional<std::string>();
  }
  std::string value;
  const rocksdb::Status status =
      state_->database->rocks().Get(rocksdb::ReadOptions(), family, slice(key), &value);
  if (status.IsNotFound()) {
    return std::optional<std::string>();
  }
  if (!status.ok()) {
    return fail(state_->unreadable(status));
  }
  return std::optional<std::string>(std::move(value));
}

Result<> Store::scan(Table table, std::string_view from, std::string_view to,
                     const std::function<bool(std::string_view, std::string_view)>& take) const {
  rocksdb::ColumnFamilyHandle* family = state_->database->family(table);
  if (family == nullptr) {
    return {};
  }
  rocksdb::ReadOptions how;
  how.fill_cache = false;
  how.readahead_size = from.empty() ? 4 << 20 : 0;
  const rocksdb::Slice upper = slice(to);
  if (!to.empty()) {
    how.iterate_upper_bound = &upper;
  }
  const std::unique_ptr<rocksdb::Iterator> entry(
      state_->database->rocks().NewIterator(how, family));
  for (entry->Seek(slice(from)); entry->Valid(); entry->Next()) {
    if (!take(view(entry->key()), view(entry->value()))) {
      break;
    }
  }
  if (!entry->status().ok()) {
    return fail(state_->unreadable(entry->status()));
  }
  return {};
}

Result<std::optional<std::string>> Store::last_key(Table table) const {
  rocksdb::ColumnFamilyHandle* family = state_->database->family(table);
  if (family == nullptr) {
    return std::nullopt;
  }
  const std::unique_ptr<rocksdb::Iterator> last(
      state_->database->rocks().NewIterator(rocksdb::ReadOptions(), family));
  last->SeekToLast();
  if (!last->status().ok()) {
    return fail(state_->unreadable(last->status()));
  }
  return last->Valid() ? std::optional(last->key().ToString()) : std::nullopt;
}

std::uint64_t Store::estimated_entries(Table table) const {
  rocksdb::ColumnFamilyHandle* family = state_->database->family(table);
  std::uint64_t entries = 0;
  if (family != nullptr) {
    state_->database->rocks().GetIntProperty(family, "rocksdb.estimate-num-keys", &entries);
  }
  return entries;
}

/// RocksDB stops at three unflushed memories of a table, and slows down at 20 files of its first
/// level (rocks_options.cc has the one, the other is its default).
bool Store::is_behind() const {
  constexpr std::uint64_t kUnflushed = 2;
  constexpr std::size_t kUnmerged = 12;
  rocksdb::DB& rocks = state_->database->rocks();
  for (std::size_t table = 0; table < kTables; ++table) {
    rocksdb::ColumnFamilyHandle* family = state_->database->family(static_cast<Table>(table));
    std::uint64_t unflushed = 0;
    std::string unmerged;
    if (family != nullptr &&
        rocks.GetIntProperty(family, rocksdb::DB::Properties::kNumImmutableMemTable, &unflushed) &&
        rocks.GetProperty(family, rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0",
                          &unmerged) &&
        (unflushed >= kUnflushed || number_in(unmerged) >= kUnmerged)) {
      return true;
    }
  }
  return false;
}

std::uint64_t Store::last_sequence() const {
  return state_->committing ? state_->committing->last_sequence() : state_->found_last_sequence;
}

bool Store::takes_writes() const {
  return state_->committing && state_->committing->takes_writes();
}

bool Store::has_room(std::uint64_t bytes) const {
  return state_->committing && state_->committing->has_room(bytes);
}

std::optional<std::string> Store::missing_writes() const {
  return state_->database->problem();
}

Result<std::filesystem::path> Store::checkpoint() const {
  const std::lock_guard lock(state_->making_checkpoint);
  TRY_VOID(make_checkpoint(*state_->database, state_->options.directory));
  return checkpoint_of(state_->options.directory);
}

std::uint64_t Store::disk_bytes() const {
  std::uint64_t total = 0;
  std::error_code gone;  // files vanish while we look
  for (const auto& file : std::filesystem::directory_iterator(state_->options.directory, gone)) {
    const auto size = file.file_size(gone);
    total += gone ? 0 : size;
  }
  return total;
}

std::uint64_t Store::bytes_of(Table table) const {
  return table_bytes(*state_->database, table);
}

Result<> Store::compact(Table table, std::string_view to) const {
  return compact_table(*state_->database, table, to);
}

Result<> Store::purge() const {
  const std::lock_guard lock(state_->making_checkpoint);
  remove_checkpoint(state_->options.directory);
  TRY_VOID(remove_damaged_logs(state_->options.directory));
  return purge_database(*state_->database);
}

StoreFigures Store::figures() const {
  return state_->committing ? state_->committing->figures() : StoreFigures();
}

}  // namespace postrider::store
