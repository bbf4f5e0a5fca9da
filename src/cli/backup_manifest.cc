#include "cli/backup_manifest.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <system_error>

#include <boost/json.hpp>

#include "base/json_text.h"
#include "base/read_file.h"
#include "base/text.h"
#include "cli/json_value.h"

namespace postrider::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

// Raised where an older program could not restore it. 2: certificates/.
constexpr std::uint64_t kFormat = 2;
constexpr std::uint64_t kManifestBytesMax = 64 << 20;
constexpr std::size_t kHashDigits = 64;

/// Whatever else a backup holds, without these it restores nothing.
constexpr std::array kNeeded{"directory.sqlite", "spool.acknowledged", "spool/CURRENT"};

std::unexpected<Error> wrong(const std::string& what) {
  return fail(Errc::invalid, std::string(kManifestName) + ": " + what);
}

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

Result<BackedUpFile> parse_file(const json::value& entry) {
  BackedUpFile file;
  file.path = text(entry, "path");
  file.facts = {.size = number(entry, "size"), .sha256 = text(entry, "sha256")};
  if (!may_be_in_backup(file.path)) {
    return wrong("'" + printable(file.path, 80) + "' is no file of a backup");
  }
  if (!is_hash(file.facts.sha256)) {
    return wrong("'" + printable(file.path, 80) + "' has no SHA-256");
  }
  return file;
}

Result<> check_size(const fs::path& folder, const BackedUpFile& file) {
  std::error_code ec;
  const std::uint64_t size = fs::file_size(folder / file.path, ec);
  if (ec) {
    return fail(Errc::corrupt,
                "the backup is not whole: " + (folder / file.path).string() + ": " + ec.message());
  }
  if (size != file.facts.size) {
    return fail(Errc::corrupt, "the backup is damaged: " + (folder / file.path).string() + " has " +
                                   std::to_string(size) + " bytes instead of " +
                                   std::to_string(file.facts.size));
  }
  return {};
}

/// A line for each, for people who compare two of them.
std::string lines_of(const std::vector<BackedUpFile>& files) {
  std::string lines;
  for (const BackedUpFile& file : files) {
    JsonText line;
    line.begin_object();
    line.field("path", file.path);
    line.field("size", file.facts.size);
    line.field("sha256", file.facts.sha256);
    line.end_object();
    lines += (lines.empty() ? "" : ",\n") + line.take();
  }
  return lines + "\n";
}

}  // namespace

bool may_be_in_backup(std::string_view path) {
  std::string_view name = path;
  for (const std::string_view folder : {"spool/", "certificates/"}) {
    if (path.starts_with(folder)) {
      name = path.substr(folder.size());
    }
  }
  return !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
         name.find('/') == std::string_view::npos && is_printable(name) && path != kManifestName &&
         path != "spool" && path != "certificates" && path != "lock" && path != "control" &&
         path != "restoring";
}

std::uint64_t Manifest::bytes() const {
  std::uint64_t sum = 0;
  for (const BackedUpFile& file : files) {
    sum += file.facts.size;
  }
  return sum;
}

std::string to_json(const Manifest& manifest) {
  JsonText out;
  out.begin_object();
  out.field("format", kFormat);
  out.field("version", manifest.version);
  out.field("taken", manifest.taken);
  out.field("data", manifest.data);
  out.field("messages", manifest.messages);
  out.field("last_event", manifest.last_event);
  out.field_raw("files", "[\n" + lines_of(manifest.files) + "]");
  out.end_object();
  return out.take() + "\n";
}

Result<Manifest> parse_manifest(std::string_view text_of_it) {
  json::error_code ec;
  const json::value parsed = json::parse(text_of_it, ec);
  if (ec) {
    return wrong("it is not JSON: " + ec.message());
  }
  const std::uint64_t format = number(parsed, "format");
  if (format == 0) {
    return wrong("it does not say which format it has");
  }
  if (format > kFormat) {
    return wrong("a newer program made this backup (version " +
                 printable(text(parsed, "version"), 40) + "): restore it with that one");
  }
  Manifest manifest{.version = text(parsed, "version"),
                    .taken = text(parsed, "taken"),
                    .data = text(parsed, "data"),
                    .messages = number(parsed, "messages"),
                    .last_event = number(parsed, "last_event"),
                    .files = {}};
  std::set<std::string> seen;
  for (const json::value& entry : list(parsed, "files")) {
    TRY(BackedUpFile file, parse_file(entry));
    if (!seen.insert(file.path).second) {
      return wrong("'" + file.path + "' is there twice");
    }
    manifest.files.push_back(std::move(file));
  }
  for (const char* needed : kNeeded) {
    if (!seen.contains(needed)) {
      return wrong(std::string(needed) + " is missing: the backup is not whole");
    }
  }
  return manifest;
}

Result<Manifest> read_manifest(const fs::path& folder) {
  auto bytes = read_file(folder / kManifestName, kManifestBytesMax);
  if (!bytes && bytes.error().code() == Errc::not_found) {
    return fail(Errc::not_found,
                folder.string() + " is not a backup, or one that was not finished: there is no " +
                    kManifestName + " in it");
  }
  TRY(const std::string read, std::move(bytes));
  TRY(Manifest manifest, parse_manifest(read), folder.string());
  for (const BackedUpFile& file : manifest.files) {
    TRY_VOID(check_size(folder, file));
  }
  return manifest;
}

}  // namespace postrider::cli
