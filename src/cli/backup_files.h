// What making and restoring a backup does with files: copies that are on the disk when they are
// said to be, hashes, modes. Blocking; one thread. Errors: unavailable, naming the file and in the
// system's words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.h"

namespace postrider::cli {

/// As people write it, made absolute, without a slash at the end.
std::filesystem::path folder_named(const std::string& text);

struct FileFacts {
  std::uint64_t size = 0;
  std::string sha256;  ///< hexadecimal, as sha256sum prints it

  bool operator==(const FileFacts&) const = default;
};

/// Reads it all, and syncs it: whoever wrote it may not have.
Result<FileFacts> look_at_file(const std::filesystem::path& file);

/// Writes `to`, which must not exist: mode 0600, synced. The facts are of what was read.
Result<FileFacts> copy_synced(const std::filesystem::path& from, const std::filesystem::path& to);

/// The file as it is, new: mode 0600, synced.
Result<> write_file(const std::filesystem::path& file, const std::string& bytes);

/// What is directly in a folder, by name.
Result<std::vector<std::filesystem::directory_entry>> entries_of(
    const std::filesystem::path& folder);

Result<> make_folder(const std::filesystem::path& folder);  ///< new, mode 0700
Result<> sync_folder(const std::filesystem::path& folder);  ///< the names in it

/// Moves a folder of files, by its name or, to another file system, by copying.
Result<> move_folder(const std::filesystem::path& from, const std::filesystem::path& to);

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};
Result<Owner> owner_of(const std::filesystem::path& path);

/// Everything from `top` down: files 0600, folders 0700 and synced; given to `owner` where this
/// process is root's.
Result<> make_private(const std::filesystem::path& top, Owner owner);
Result<> give_to(const std::filesystem::path& path, Owner owner);  ///< the same; of one

/// A folder that goes, with all that is in it, unless keep() is called.
class FolderInTheMaking {
 public:
  explicit FolderInTheMaking(std::filesystem::path path) : path_(std::move(path)) {}
  ~FolderInTheMaking();
  FolderInTheMaking(const FolderInTheMaking&) = delete;
  FolderInTheMaking& operator=(const FolderInTheMaking&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  std::filesystem::path path_;
};

}  // namespace postrider::cli
