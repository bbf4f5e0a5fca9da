#include "cli/restore_backup.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "cli/backup_files.h"
#include "cli/control_client.h"
#include "cli/restore_queue.h"
#include "relay/data_directory.h"
#include "store/checkpoint.h"

namespace postrider::cli {

namespace fs = std::filesystem;
using relay::DataDirectory;

namespace {

/// What a directory may hold and still be taken for empty.
bool is_nothing(const fs::directory_entry& entry) {
  const fs::path name = entry.path().filename();
  return name == "lock" || name == "lost+found";
}

Result<> check_target(const fs::path& data) {
  std::error_code ec;
  if (!fs::exists(data, ec)) {
    return {};
  }
  TRY(const auto relay, connect_to_relay(DataDirectory::control_socket(data)));
  if (relay) {
    return fail(Errc::invalid, "a relay runs on " + data.string() +
                                   ": a backup is restored into a directory that is new or empty");
  }
  TRY(const auto entries, entries_of(data));
  if (!std::ranges::all_of(entries, is_nothing)) {
    return fail(Errc::invalid, "the data directory " + data.string() +
                                   " is not empty: move what is in it away, or name another one "
                                   "with --data");
  }
  return {};
}

/// A data directory that becomes again what it was unless keep() is called.
class DataInTheMaking {
 public:
  DataInTheMaking(fs::path data, bool is_new) : data_(std::move(data)), is_new_(is_new) {}
  ~DataInTheMaking() {
    std::error_code ignored;
    if (data_.empty()) {
      return;
    }
    fs::remove_all(DataDirectory::restoring(data_), ignored);
    fs::remove(DataDirectory::lock_file(data_), ignored);
    if (is_new_) {
      fs::remove(data_, ignored);
    }
  }
  DataInTheMaking(const DataInTheMaking&) = delete;
  DataInTheMaking& operator=(const DataInTheMaking&) = delete;

  void keep() { data_.clear(); }

 private:
  fs::path data_;
  bool is_new_;
};

Result<> copy_all(const Manifest& manifest, const fs::path& from, const fs::path& to) {
  TRY_VOID(make_folder(to));
  TRY_VOID(make_folder(DataDirectory::spool(to)));
  if (std::ranges::any_of(manifest.files, [](const BackedUpFile& file) {
        return file.path.starts_with("certificates/");
      })) {
    TRY_VOID(make_folder(DataDirectory::certificates(to)));
  }
  for (const BackedUpFile& file : manifest.files) {
    TRY(const FileFacts facts, copy_synced(from / file.path, to / file.path));
    if (facts != file.facts) {
      return fail(Errc::corrupt, "the backup is damaged: " + (from / file.path).string() +
                                     " is not what was backed up (its SHA-256 differs)");
    }
  }
  return {};
}

Result<> move_to_place(const fs::path& data) {
  const fs::path restoring = DataDirectory::restoring(data);
  TRY(const auto entries, entries_of(restoring));
  std::error_code ec;
  for (const fs::directory_entry& entry : entries) {
    fs::rename(entry.path(), data / entry.path().filename(), ec);
    if (ec) {
      return fail(Errc::unavailable, "moving " + entry.path().string() + ": " + ec.message());
    }
  }
  return {};
}

/// From now on a relay may start on it.
Result<> finish(const fs::path& data) {
  std::error_code ec;
  if (!fs::remove(DataDirectory::restoring(data), ec)) {
    return fail(Errc::unavailable,
                "removing " + DataDirectory::restoring(data).string() + ": " + ec.message());
  }
  return sync_folder(data);
}

Result<std::function<bool(RecipientId)>> left_out(const RestoreWish& wish) {
  if (wish.without_queue) {
    return [](RecipientId /*any*/) { return true; };
  }
  if (wish.events.empty()) {
    return std::function<bool(RecipientId)>();
  }
  TRY(auto settled, read_settled(wish.events));
  return [settled = std::move(settled)](RecipientId id) { return settled.contains(id); };
}

std::string told(const Manifest& manifest, const RestoreWish& wish) {
  return "restored from the backup of " + manifest.taken +
         (wish.without_queue ? ", without its queue"
                             : ", without what had settled by the events that were given");
}

}  // namespace

Result<Restored> restore_backup(const fs::path& folder, const fs::path& data,
                                const RestoreWish& wish) {
  Restored restored;
  TRY(restored.manifest, read_manifest(folder));
  TRY(const auto is_left_out, left_out(wish));
  TRY_VOID(check_target(data));
  std::error_code ec;
  const bool is_new = !fs::exists(data, ec);
  TRY(const Owner owner, owner_of(is_new ? folder : data));
  TRY(const auto owned, DataDirectory::own(data));
  DataInTheMaking making(data, is_new);

  const fs::path restoring = DataDirectory::restoring(data);
  const fs::path spool = DataDirectory::spool(restoring);
  TRY_VOID(copy_all(restored.manifest, folder, restoring));
  if (is_left_out) {
    TRY(restored.left_out, settle_waiting(spool, is_left_out, told(restored.manifest, wish)));
  }
  TRY(const store::DatabaseFigures figures, store::inspect_database(spool));
  restored.messages = figures.messages;
  TRY_VOID(make_private(restoring, owner));

  making.keep();
  TRY_VOID(move_to_place(data));
  TRY_VOID(make_private(data, owner));
  TRY_VOID(finish(data));
  return restored;
}

}  // namespace postrider::cli
