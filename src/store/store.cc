#include "store/store.h"

#include <sys/prctl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "store/acknowledged_file.h"
#include "store/rocks_options.h"

namespace postrider::store {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
constexpr std::chrono::seconds kFullRetry{1};

std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

Error explain(const rocksdb::Status& status) {
  const Errc code = status.IsCorruption() ? Errc::corrupt : Errc::unavailable;
  return {code, status.ToString()};
}

}  // namespace

struct Store::State {
  explicit State(StoreOptions o) : options(std::move(o)) {}

  ~State() {
    if (committing.joinable()) {
      {
        const std::lock_guard lock(mutex);
        ending = true;
      }
      wanted.notify_one();
      committing.join();
    }
    for (rocksdb::ColumnFamilyHandle* family : families) {
      db->DestroyColumnFamilyHandle(family);
    }
    if (db) {
      db->Close();
    }
  }

  rocksdb::ColumnFamilyHandle* family(Table table) const {
    return families[static_cast<std::size_t>(table) + 1];  // 0 is "default"
  }

  void run() {
    ::prctl(PR_SET_NAME, "commit");
    std::vector<Request> batch;
    while (take(batch)) {
      commit(batch);
      batch.clear();
    }
  }

  /// Waits until there is something to commit. False: the store is ending and nothing is left.
  bool take(std::vector<Request>& batch) {
    std::unique_lock lock(mutex);
    while (promises == 0 && !ending) {
      if (queue.empty()) {
        wanted.wait(lock);
      } else if (wanted.wait_until(lock, notes_due) == std::cv_status::timeout) {
        break;
      }
    }
    batch.swap(queue);
    promises = 0;
    return !batch.empty();
  }

  void commit(std::vector<Request>& batch) {
    Result<> done = write(batch);
    if (!done && is_full && !is_latched) {
      hold_notes(batch);
    }
    answer(batch, done);
    if (!done && is_latched.load() && on_latched) {
      std::exchange(on_latched, nullptr)(done.error());
    }
  }

  Result<> write(const std::vector<Request>& batch) {
    if (is_latched) {
      return fail(Errc::unavailable, "storage failed earlier and takes nothing any more");
    }
    if (is_full) {
      TRY_VOID(resume_if_there_is_room());
    }
    writes.Clear();
    const std::uint64_t next = encode(batch);
    rocksdb::WriteOptions how;
    how.sync = true;
    const rocksdb::Status status = db->Write(how, &writes);
    if (!status.ok()) {
      return refuse(status);
    }
    last_sequence.store(next - 1, std::memory_order_release);
    acknowledged->set(db->GetLatestSequenceNumber());
    commits.fetch_add(1, std::memory_order_relaxed);
    steps.fetch_add(batch.size(), std::memory_order_relaxed);
    bytes.fetch_add(writes.GetDataSize(), std::memory_order_relaxed);
    return {};
  }

  /// A note tells what has happened already: it waits for room, however long. Promises are refused,
  /// and so is everything once the store is ending.
  void hold_notes(std::vector<Request>& batch) {
    const std::lock_guard lock(mutex);
    if (ending) {
      return;
    }
    std::vector<Request> promised;
    std::vector<Request> held;
    for (Request& request : batch) {
      (request.urgency == Urgency::note ? held : promised).push_back(std::move(request));
    }
    // In front of what has come since: a recipient's steps stay in their order.
    std::ranges::move(queue, std::back_inserter(held));
    queue.swap(held);
    batch.swap(promised);
    notes_due = std::chrono::steady_clock::now() + kFullRetry;
  }

  /// Fills `writes`. Returns the sequence number behind the last one used.
  std::uint64_t encode(const std::vector<Request>& batch) {
    std::uint64_t next = last_sequence.load(std::memory_order_relaxed) + 1;
    for (const Request& request : batch) {
      for (const Step::Write& write : request.step.writes()) {
        encode(write);
      }
      for (const Step::Record& record : request.step.records()) {
        encode(record, next++);
      }
    }
    return next;
  }

  void encode(const Step::Write& write) {
    if (write.kind == Step::Kind::erase) {
      writes.Delete(family(write.table), slice(write.key));
    } else if (write.tail) {
      const rocksdb::Slice key = slice(write.key);
      const rocksdb::Slice parts[] = {slice(write.head), slice(*write.tail)};
      writes.Put(family(write.table), rocksdb::SliceParts(&key, 1), rocksdb::SliceParts(parts, 2));
    } else {
      writes.Put(family(write.table), slice(write.key), slice(write.head));
    }
  }

  void encode(const Step::Record& record, std::uint64_t sequence) {
    record_key.clear();
    put_u64(record_key, sequence);
    writes.Put(family(Table::event), slice(record_key), slice(record.bytes));
    if (record.about != 0) {
      record_key.clear();
      put_u64(record_key, record.about);
      put_u64(record_key, sequence);
      writes.Put(family(Table::event_about), slice(record_key), {});
    }
  }

  std::unexpected<Error> refuse(const rocksdb::Status& status) {
    if (status.IsNoSpace()) {
      is_full = true;
      log::error("the disk is full: new mail is refused until there is room",
                 {{"why", status.ToString()}});
      return fail(Errc::unavailable, "the disk is full");
    }
    is_latched = true;
    syncs_failed.fetch_add(1, std::memory_order_relaxed);
    log::error("writing to the database failed: nothing more is written",
               {{"why", status.ToString()}});
    return fail(explain(status).within("writing to the database"));
  }

  /// RocksDB keeps its error until it is told that the cause is gone.
  Result<> resume_if_there_is_room() {
    if (free_bytes() < options.reserve_bytes / 2) {
      return fail(Errc::unavailable, "the disk is full");
    }
    const rocksdb::Status status = db->Resume();
    if (!status.ok()) {
      return fail(Errc::unavailable, "the disk was full: " + status.ToString());
    }
    is_full = false;
    log::info("there is room on the disk again: mail is accepted", {});
    return {};
  }

  /// One hand-over for each thread that waits.
  void answer(std::vector<Request>& batch, const Result<>& done) {
    const auto failure = done ? nullptr : std::make_shared<const Result<>>(done);
    for (Request& request : batch) {
      if (request.completed && request.reply_to != nullptr) {
        answers_for(request.reply_to)
            .push_back([completed = std::move(request.completed), failure]() mutable {
              completed(failure ? *failure : Result<>());
            });
      }
    }
    for (auto& [mailbox, tasks] : answers) {
      mailbox->post(tasks);
    }
  }

  std::vector<net::Task>& answers_for(net::Mailbox* mailbox) {
    for (auto& [known, tasks] : answers) {  // as many as there are io threads
      if (known == mailbox) {
        return tasks;
      }
    }
    return answers.emplace_back(mailbox, std::vector<net::Task>()).second;
  }

  std::uint64_t free_bytes() const {
    struct statvfs space {};
    if (::statvfs(options.directory.c_str(), &space) != 0) {
      return 0;
    }
    return std::uint64_t{space.f_bavail} * space.f_frsize;
  }

  Result<> open_database() {
    const auto descriptors = column_families(options);
    rocksdb::DB* opened = nullptr;
    const std::string path = options.directory.string();
    const rocksdb::Status status =
        options.read_only
            ? rocksdb::DB::OpenForReadOnly(database_options(options), path, descriptors, &families,
                                           &opened)
            : rocksdb::DB::Open(database_options(options), path, descriptors, &families, &opened);
    if (!status.ok()) {
      return fail(explain(status).within("opening the database in " + path));
    }
    db.reset(opened);
    return {};
  }

  Result<> find_last_sequence() {
    const std::unique_ptr<rocksdb::Iterator> last(
        db->NewIterator(rocksdb::ReadOptions(), family(Table::event)));
    last->SeekToLast();
    if (last->Valid()) {
      last_sequence = Reader(view(last->key())).u64();
    }
    if (!last->status().ok()) {
      return fail(explain(last->status()).within("reading the end of the event log"));
    }
    return {};
  }

  Result<> compare_with_acknowledged() {
    TRY(acknowledged, AcknowledgedFile::open(options.directory / "ACKNOWLEDGED"));
    const std::uint64_t recovered = db->GetLatestSequenceNumber();
    if (acknowledged->found() > recovered) {
      missing = "the database in " + options.directory.string() + " ends at write " +
                std::to_string(recovered) + ", and " + std::to_string(acknowledged->found()) +
                " had been acknowledged: " + std::to_string(acknowledged->found() - recovered) +
                " writes are missing; mail that was answered 250 may be lost. Keep a copy of the "
                "directory, and look at the disk";
    }
    return {};
  }

  StoreOptions options;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  std::unique_ptr<AcknowledgedFile> acknowledged;
  std::optional<std::string> missing;
  std::function<void(const Error&)> on_latched;

  std::mutex mutex;
  std::condition_variable wanted;
  std::vector<Request> queue;
  std::size_t promises = 0;  // in the queue
  SteadyTime notes_due;      // of the oldest note, while the queue holds nothing else
  bool ending = false;

  // Of the commit thread.
  rocksdb::WriteBatch writes;
  std::string record_key;
  std::vector<std::pair<net::Mailbox*, std::vector<net::Task>>> answers;
  std::thread committing;

  std::atomic<std::uint64_t> last_sequence = 0;
  std::atomic<bool> is_latched = false;
  std::atomic<bool> is_full = false;
  std::atomic<std::uint64_t> commits = 0;
  std::atomic<std::uint64_t> steps = 0;
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<std::uint64_t> syncs_failed = 0;
  mutable std::atomic<std::int64_t> looked_at = 0;  // steady ticks
  mutable std::atomic<std::uint64_t> free_then = 0;
};

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  auto state = std::make_unique<State>(options);
  TRY_VOID(state->open_database());
  TRY_VOID(state->find_last_sequence());
  if (!options.read_only) {
    TRY_VOID(state->compare_with_acknowledged());
  }
  return std::unique_ptr<Store>(new Store(std::move(state)));
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

void Store::start(std::function<void(const Error&)> on_latched) {
  assert(!state_->options.read_only && !state_->committing.joinable());
  state_->on_latched = std::move(on_latched);
  state_->committing = std::thread([this] { state_->run(); });
}

void Store::submit(std::vector<Request>& requests) {
  if (requests.empty()) {
    return;
  }
  const auto promises = static_cast<std::size_t>(std::ranges::count(
      requests, Urgency::promise, [](const Request& request) { return request.urgency; }));
  bool must_wake = false;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->queue.empty()) {
      state_->notes_due = std::chrono::steady_clock::now() + state_->options.note_wait;
      must_wake = true;
    }
    must_wake = must_wake || (promises > 0 && state_->promises == 0);
    state_->promises += promises;
    std::ranges::move(requests, std::back_inserter(state_->queue));
  }
  requests.clear();
  if (must_wake) {
    state_->wanted.notify_one();
  }
}

Result<std::optional<std::string>> Store::get(Table table, std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      state_->db->Get(rocksdb::ReadOptions(), state_->family(table), slice(key), &value);
  if (status.IsNotFound()) {
    return std::optional<std::string>();
  }
  if (!status.ok()) {
    return fail(explain(status).within("reading the database"));
  }
  return std::optional<std::string>(std::move(value));
}

Result<> Store::scan(Table table, std::string_view from, std::string_view to,
                     const std::function<bool(std::string_view, std::string_view)>& take) const {
  rocksdb::ReadOptions how;
  how.fill_cache = false;
  how.readahead_size = from.empty() ? 4 << 20 : 0;
  const rocksdb::Slice upper = slice(to);
  if (!to.empty()) {
    how.iterate_upper_bound = &upper;
  }
  const std::unique_ptr<rocksdb::Iterator> entry(state_->db->NewIterator(how, state_->family(table)));
  for (entry->Seek(slice(from)); entry->Valid(); entry->Next()) {
    if (!take(view(entry->key()), view(entry->value()))) {
      break;
    }
  }
  if (!entry->status().ok()) {
    return fail(explain(entry->status()).within("reading the database"));
  }
  return {};
}

Result<std::optional<std::string>> Store::last_key(Table table) const {
  const std::unique_ptr<rocksdb::Iterator> last(
      state_->db->NewIterator(rocksdb::ReadOptions(), state_->family(table)));
  last->SeekToLast();
  if (!last->status().ok()) {
    return fail(explain(last->status()).within("reading the database"));
  }
  return last->Valid() ? std::optional(last->key().ToString()) : std::nullopt;
}

std::uint64_t Store::last_sequence() const {
  return state_->last_sequence.load(std::memory_order_acquire);
}

bool Store::has_room(std::uint64_t bytes) const {
  constexpr std::int64_t kLookEvery = 250'000'000;  // ns
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
  if (now - state_->looked_at.load(std::memory_order_relaxed) > kLookEvery) {
    state_->free_then.store(state_->free_bytes(), std::memory_order_relaxed);
    state_->looked_at.store(now, std::memory_order_relaxed);
  }
  return state_->free_then.load(std::memory_order_relaxed) >= state_->options.reserve_bytes + bytes;
}

std::optional<std::string> Store::missing_writes() const { return state_->missing; }

std::uint64_t Store::disk_bytes() const {
  std::uint64_t total = 0;
  std::error_code gone;  // files vanish while we look
  for (const auto& file :
       std::filesystem::directory_iterator(state_->options.directory, gone)) {
    const auto size = file.file_size(gone);
    total += gone ? 0 : size;
  }
  return total;
}

StoreFigures Store::figures() const {
  return {.commits = state_->commits.load(),
          .steps = state_->steps.load(),
          .syncs_failed = state_->syncs_failed.load(),
          .bytes = state_->bytes.load(),
          .is_latched = state_->is_latched.load(),
          .is_full = state_->is_full.load()};
}

}  // namespace postrider::store
