// manifest.json, the file that makes a folder a backup: when and of what it was made, and size and
// SHA-256 of every other file in it. It is written last.
//
// In a backup lie what Store::open() takes (spool/ and spool.acknowledged), directory.sqlite, and
// the other files of the data directory; no folder but spool/ and certificates/, and nothing that
// belongs to a process: no socket, no lock.
//
// Pure, but for read_manifest(). Errors: Errc::invalid says what is wrong with it, or that a newer
// program made it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/backup_files.h"

namespace postrider::cli {

constexpr const char* kManifestName = "manifest.json";

struct BackedUpFile {
  std::string path;  ///< in the backup and in the data directory: "key.pem", "spool/000012.sst"
  FileFacts facts;
};

struct Manifest {
  std::string version;           ///< of the program that made it
  std::string taken;             ///< when: what was acknowledged before is in it
  std::string data;              ///< the data directory that it is of
  std::uint64_t messages = 0;    ///< that wait in it
  std::uint64_t last_event = 0;  ///< its sequence number
  std::vector<BackedUpFile> files;

  std::uint64_t bytes() const;
};

/// Whether a path may stand in a manifest, and so become one in a data directory: "NAME",
/// "spool/NAME" or "certificates/NAME", and nothing that belongs to a process or says that a
/// restore is under way.
bool may_be_in_backup(std::string_view path);

std::string to_json(const Manifest& manifest);
Result<Manifest> parse_manifest(std::string_view json);

/// Of the backup in `folder`. Errc::not_found: it is none, or an unfinished one. Errc::corrupt: a
/// file that the manifest names is missing or of another size.
Result<Manifest> read_manifest(const std::filesystem::path& folder);

}  // namespace postrider::cli
