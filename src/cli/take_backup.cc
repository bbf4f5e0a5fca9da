#include "cli/take_backup.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/text.h"
#include "cli/backup_files.h"
#include "cli/control_client.h"
#include "cli/json_value.h"
#include "directory/backup.h"
#include "http/answer.h"
#include "relay/data_directory.h"
#include "store/acknowledged_file.h"
#include "store/checkpoint.h"

namespace postrider::cli {

namespace fs = std::filesystem;
using relay::DataDirectory;

namespace {

/// One backup at a time, for as long as this is open: they would take the checkpoint from each
/// other.
Result<Descriptor> take_turn(const fs::path& data) {
  Descriptor folder(::open(data.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.is_open()) {
    return fail(Errc::unavailable,
                "opening " + data.string() + ": " + std::generic_category().message(errno));
  }
  if (::flock(folder.number(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Errc::unavailable, "another backup of " + data.string() + " is being made");
  }
  return folder;
}

class CheckpointInTheMaking {
 public:
  explicit CheckpointInTheMaking(fs::path spool) : spool_(std::move(spool)) {}
  ~CheckpointInTheMaking() { store::remove_checkpoint(spool_); }
  CheckpointInTheMaking(const CheckpointInTheMaking&) = delete;
  CheckpointInTheMaking& operator=(const CheckpointInTheMaking&) = delete;

 private:
  fs::path spool_;
};

fs::path unfinished(const fs::path& folder) {
  return folder.string() + ".unfinished";
}

bool is_inside(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::ranges::mismatch(folder, path);
  return end == folder.end();
}

bool is_mount_point(const fs::path& folder) {
  struct stat own{};
  struct stat above{};
  return ::stat(folder.c_str(), &own) == 0 && ::stat(folder.parent_path().c_str(), &above) == 0 &&
         own.st_dev != above.st_dev;
}

Result<> check_target(const fs::path& data, const fs::path& folder) {
  std::error_code ec;
  if (is_inside(fs::weakly_canonical(folder, ec), fs::weakly_canonical(data, ec))) {
    return fail(Errc::invalid, folder.string() + " lies in the data directory " + data.string() +
                                   ": a backup belongs elsewhere, best on another disk");
  }
  if (is_mount_point(folder)) {
    return fail(Errc::invalid, folder.string() +
                                   " is a file system of its own, which can't be renamed: name a "
                                   "folder in it");
  }
  if (fs::exists(folder, ec) && (!fs::is_directory(folder, ec) || !fs::is_empty(folder, ec))) {
    return fail(Errc::invalid,
                folder.string() + " is there already and not an empty folder: name a new one");
  }
  if (!fs::is_directory(folder.parent_path(), ec)) {
    return fail(Errc::invalid,
                "there is no folder " + folder.parent_path().string() + ": make it first");
  }
  if (fs::exists(unfinished(folder), ec)) {
    return fail(Errc::invalid, unfinished(folder).string() +
                                   " is there: a backup is being made, or one was interrupted; "
                                   "remove it if none is");
  }
  return {};
}

Result<> ask_for_checkpoint(ControlClient& relay) {
  TRY(const Answer answer, relay.ask({.method = "POST", .target = "/v1/checkpoint"}));
  if (answer.status < 400) {
    return {};
  }
  boost::json::error_code ec;
  const boost::json::value parsed = boost::json::parse(answer.body, ec);
  const boost::json::value& error = member(parsed, "error");
  return fail(http::errc_of(text(error, "code")), "the relay: " + text(error, "text"));
}

Result<> link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code ec;
  fs::create_hard_link(from, to, ec);
  if (ec) {  // another file system, or one without links
    TRY_VOID(copy_synced(from, to));
  }
  return {};
}

/// Of a database that nobody has open. Tables and blobs never change: a second name will do.
Result<> copy_database(const fs::path& from, const fs::path& to) {
  TRY_VOID(make_folder(to));
  TRY(const auto files, entries_of(from));
  for (const fs::directory_entry& file : files) {
    const fs::path name = file.path().filename();
    const fs::path kind = name.extension();
    if (kind == ".sst" || kind == ".blob") {
      TRY_VOID(link_or_copy(file.path(), to / name));
    } else if (name != "LOCK" && file.is_regular_file()) {
      TRY_VOID(copy_synced(file.path(), to / name));
    }
  }
  std::error_code ec;
  const fs::path acknowledged = store::acknowledged_file(from);
  if (fs::exists(acknowledged, ec)) {
    TRY_VOID(copy_synced(acknowledged, store::acknowledged_file(to)));
  }
  return {};
}

Result<> take_checkpoint(ControlClient& relay, const fs::path& spool, const fs::path& to) {
  const CheckpointInTheMaking cleanup(spool);
  TRY_VOID(ask_for_checkpoint(relay));
  const fs::path made = store::checkpoint_of(spool);
  TRY_VOID(move_folder(made, to));
  TRY_VOID(copy_synced(store::acknowledged_file(made), store::acknowledged_file(to)));
  return {};
}

bool is_taken_otherwise(const std::string& name) {
  return name.starts_with("directory.sqlite") || name == "spool.acknowledged" ||
         name.starts_with("spool.checkpoint");
}

/// The certificate and its key, and whatever else lies there as a file.
Result<> copy_other_files(const fs::path& data, const fs::path& to) {
  TRY(const auto files, entries_of(data));
  for (const fs::directory_entry& file : files) {
    const std::string name = file.path().filename().string();
    if (file.is_regular_file() && may_be_in_backup(name) && !is_taken_otherwise(name)) {
      TRY_VOID(copy_synced(file.path(), to / name));
    }
  }
  return {};
}

/// What is being written there just now is of the next backup.
Result<> copy_certificates(const fs::path& data, const fs::path& to) {
  const fs::path from = DataDirectory::certificates(data);
  std::error_code ec;
  if (!fs::exists(from, ec)) {
    return {};
  }
  TRY_VOID(make_folder(DataDirectory::certificates(to)));
  TRY(const auto files, entries_of(from));
  for (const fs::directory_entry& file : files) {
    if (!file.is_regular_file() || file.path().extension() == ".new") {
      continue;
    }
    const auto copied =
        copy_synced(file.path(), DataDirectory::certificates(to) / file.path().filename());
    if (!copied &&
        copied.error().code() != Errc::not_found) {  // a failure that is forgotten by now
      return fail(copied.error());
    }
  }
  return {};
}

/// `prefix`: what leads from the backup to `folder`.
Result<> list_files(const fs::path& folder, const std::string& prefix,
                    std::vector<BackedUpFile>& files) {
  TRY(const auto entries, entries_of(folder));
  for (const fs::directory_entry& entry : entries) {
    const std::string path = prefix + entry.path().filename().string();
    if (entry.is_directory()) {
      TRY_VOID(list_files(entry.path(), path + "/", files));
    } else {
      TRY(FileFacts facts, look_at_file(entry.path()));
      files.push_back({.path = path, .facts = std::move(facts)});
    }
  }
  return {};
}

/// Whether a relay runs: it has then made the copy itself.
Result<bool> copy_spool(const fs::path& data, const fs::path& to) {
  const fs::path spool = DataDirectory::spool(data);
  TRY(const auto relay, connect_to_relay(DataDirectory::control_socket(data)));
  if (relay) {
    TRY_VOID(take_checkpoint(*relay, spool, to), "copying the spool");
    return true;
  }
  TRY(const auto owned, DataDirectory::own(data));
  TRY_VOID(copy_database(spool, to), "copying the spool");
  return false;
}

Result<Backup> fill(const fs::path& data, const fs::path& folder) {
  Backup backup;
  backup.manifest.version = POSTRIDER_VERSION;
  backup.manifest.data = data.string();
  backup.manifest.taken = format_time(SystemClock().now());
  const fs::path spool = DataDirectory::spool(folder);
  TRY(backup.was_running, copy_spool(data, spool));
  TRY_VOID(directory::back_up(DataDirectory::directory_file(data),
                              DataDirectory::directory_file(folder)));
  TRY_VOID(copy_other_files(data, folder));
  TRY_VOID(copy_certificates(data, folder));
  TRY(const store::DatabaseFigures figures, store::inspect_database(spool), "looking at the copy");
  backup.manifest.messages = figures.messages;
  backup.manifest.last_event = figures.last_event;
  TRY_VOID(list_files(folder, "", backup.manifest.files));
  const std::string manifest = to_json(backup.manifest);
  TRY_VOID(parse_manifest(manifest), "what would be the manifest can't be read");
  TRY_VOID(write_file(folder / kManifestName, manifest));
  return backup;
}

}  // namespace

Result<Backup> take_backup(const fs::path& data, const fs::path& folder) {
  std::error_code ec;
  if (!fs::exists(DataDirectory::directory_file(data), ec)) {
    return fail(Errc::not_found,
                "there is no data in " + data.string() + ": name another directory with --data");
  }
  TRY_VOID(check_target(data, folder));
  TRY(const Descriptor turn, take_turn(data));
  TRY(const Owner owner, owner_of(data));
  TRY_VOID(make_folder(unfinished(folder)));
  FolderInTheMaking making(unfinished(folder));
  TRY(Backup backup, fill(data, making.path()));
  TRY_VOID(make_private(making.path(), owner));
  fs::rename(making.path(), folder, ec);
  if (ec) {
    return fail(Errc::unavailable,
                "naming " + making.path().string() + " " + folder.string() + ": " + ec.message());
  }
  making.keep();
  TRY_VOID(sync_folder(folder.parent_path()));
  return backup;
}

}  // namespace postrider::cli
