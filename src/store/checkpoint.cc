#include "store/checkpoint.h"

#include <limits>
#include <memory>
#include <optional>
#include <rocksdb/utilities/checkpoint.h>
#include <string>
#include <system_error>

#include "store/acknowledged_file.h"
#include "store/database.h"
#include "store/rocks_options.h"

namespace postrider::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNeverFlush = std::numeric_limits<std::uint64_t>::max();

Result<std::optional<std::uint64_t>> read_acknowledged(const fs::path& directory) {
  const fs::path file = acknowledged_file(directory);
  std::error_code unreadable;
  if (!fs::exists(file, unreadable)) {
    return std::optional<std::uint64_t>();
  }
  TRY(const auto opened, AcknowledgedFile::open(file));
  return opened->found();
}

Result<std::uint64_t> count_messages(const Database& database) {
  const std::unique_ptr<rocksdb::Iterator> entry(
      database.rocks().NewIterator(rocksdb::ReadOptions(), database.family(Table::meta)));
  std::uint64_t count = 0;
  for (entry->SeekToFirst(); entry->Valid(); entry->Next()) {
    ++count;
  }
  if (!entry->status().ok()) {
    return fail(explain(entry->status()).within("reading the messages"));
  }
  return count;
}

}  // namespace

fs::path checkpoint_of(const fs::path& directory) {
  return directory.string() + ".checkpoint";
}

void remove_checkpoint(const fs::path& directory) {
  const fs::path made = checkpoint_of(directory);
  std::error_code ignored;
  fs::remove_all(made, ignored);
  fs::remove_all(made.string() + ".tmp", ignored);  // RocksDB's, while it is making it
  fs::remove(acknowledged_file(made), ignored);
}

Result<> make_checkpoint(const Database& database, const fs::path& directory) {
  remove_checkpoint(directory);
  const fs::path made = checkpoint_of(directory);
  rocksdb::Checkpoint* created = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&database.rocks(), &created);
  const std::unique_ptr<rocksdb::Checkpoint> maker(created);
  std::uint64_t held = 0;
  if (status.ok()) {
    status = maker->CreateCheckpoint(made.string(), kNeverFlush, &held);
  }
  if (!status.ok()) {
    remove_checkpoint(directory);
    return fail(explain(status).within("making the checkpoint " + made.string()));
  }
  TRY(const auto acknowledged, AcknowledgedFile::open(acknowledged_file(made)));
  acknowledged->set(held);
  return {};
}

Result<DatabaseFigures> inspect_database(const fs::path& directory) {
  TRY(const auto acknowledged, read_acknowledged(directory));
  TRY(const auto database,
      Database::open({.directory = directory, .read_only = true}, std::nullopt));
  const std::uint64_t held = database->rocks().GetLatestSequenceNumber();
  if (held > 0 && !acknowledged) {
    return fail(Errc::corrupt,
                "nothing says how much of the database in " + directory.string() +
                    " had been acknowledged: " + acknowledged_file(directory).string() +
                    " is missing or damaged");
  }
  if (acknowledged.value_or(0) > held) {
    return fail(Errc::corrupt, "the database in " + directory.string() + " ends at write " +
                                   std::to_string(held) + ", and " + std::to_string(*acknowledged) +
                                   " had been acknowledged");
  }
  DatabaseFigures figures;
  TRY(figures.messages, count_messages(*database));
  TRY(figures.last_event, database->last_event());
  return figures;
}

}  // namespace postrider::store
