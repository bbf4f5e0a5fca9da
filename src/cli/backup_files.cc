#include "cli/backup_files.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/descriptor.h"
#include "base/text.h"
#include "mail/sha256.h"

namespace postrider::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPiece = 1 << 20;

std::unexpected<Error> trouble(const std::string& doing, const fs::path& path, int number) {
  const Errc code = number == ENOENT ? Errc::not_found : Errc::unavailable;
  return fail(code, doing + " " + path.string() + ": " + std::generic_category().message(number));
}

class File {
 public:
  static Result<File> open(const fs::path& path, int flags) {
    Descriptor descriptor(::open(path.c_str(), flags | O_CLOEXEC, 0600));
    if (!descriptor.is_open()) {
      return trouble((flags & O_CREAT) != 0 ? "making" : "opening", path, errno);
    }
    return File(std::move(descriptor), path);
  }

  /// Hands on all bytes, a piece at a time.
  Result<> read(const std::function<Result<>(std::string_view)>& take) {
    const auto piece = std::make_unique_for_overwrite<char[]>(kPiece);
    while (true) {
      const ssize_t size = ::read(descriptor_.number(), piece.get(), kPiece);
      if (size < 0) {
        return trouble("reading", path_, errno);
      }
      if (size == 0) {
        return {};
      }
      TRY_VOID(take(std::string_view(piece.get(), static_cast<std::size_t>(size))));
    }
  }

  Result<> write(std::string_view bytes) {
    if (!descriptor_.write_all(bytes)) {
      return trouble("writing", path_, errno);
    }
    return {};
  }

  Result<> sync() {
    if (::fsync(descriptor_.number()) != 0) {
      return trouble("syncing", path_, errno);
    }
    return {};
  }

 private:
  File(Descriptor descriptor, fs::path path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}
  Descriptor descriptor_;
  fs::path path_;
};

class Facts {
 public:
  void add(std::string_view piece) {
    size_ += piece.size();
    hash_.update(piece);
  }
  FileFacts finish() {
    const mail::Sha256Digest digest = hash_.finish();
    return {.size = size_, .sha256 = hex(std::string(digest.begin(), digest.end()))};
  }

 private:
  std::uint64_t size_ = 0;
  mail::Sha256 hash_;
};

Result<> set_mode(const fs::path& path, mode_t mode) {
  if (::chmod(path.c_str(), mode) != 0) {
    return trouble("setting the mode of", path, errno);
  }
  return {};
}

}  // namespace

fs::path folder_named(const std::string& text) {
  const fs::path path = fs::absolute(text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

Result<FileFacts> look_at_file(const fs::path& path) {
  TRY(File file, File::open(path, O_RDONLY));
  Facts facts;
  TRY_VOID(file.read([&](std::string_view piece) -> Result<> {
    facts.add(piece);
    return {};
  }));
  TRY_VOID(file.sync());
  return facts.finish();
}

Result<FileFacts> copy_synced(const fs::path& from, const fs::path& to) {
  TRY(File source, File::open(from, O_RDONLY));
  TRY(File copy, File::open(to, O_WRONLY | O_CREAT | O_EXCL));
  Facts facts;
  TRY_VOID(source.read([&](std::string_view piece) {
    facts.add(piece);
    return copy.write(piece);
  }));
  TRY_VOID(copy.sync());
  return facts.finish();
}

Result<> write_file(const fs::path& path, const std::string& bytes) {
  TRY(File file, File::open(path, O_WRONLY | O_CREAT | O_EXCL));
  TRY_VOID(file.write(bytes));
  return file.sync();
}

Result<std::vector<fs::directory_entry>> entries_of(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code ec;
  fs::directory_iterator next(folder, ec);
  for (; !ec && next != fs::directory_iterator(); next.increment(ec)) {
    entries.push_back(*next);
  }
  if (ec) {
    return trouble("reading the folder", folder, ec.value());
  }
  std::ranges::sort(entries);
  return entries;
}

Result<> make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0) {
    return trouble("making the folder", folder, errno);
  }
  return {};
}

Result<> sync_folder(const fs::path& folder) {
  TRY(File opened, File::open(folder, O_RDONLY | O_DIRECTORY));
  return opened.sync();
}

Result<> move_folder(const fs::path& from, const fs::path& to) {
  std::error_code ec;
  fs::rename(from, to, ec);
  if (!ec) {
    return {};
  }
  if (ec != std::errc::cross_device_link) {
    return trouble("moving " + from.string() + " to", to, ec.value());
  }
  TRY_VOID(make_folder(to));
  TRY(const auto files, entries_of(from));
  for (const fs::directory_entry& file : files) {
    TRY_VOID(copy_synced(file.path(), to / file.path().filename()));
  }
  fs::remove_all(from, ec);  // what stays is replaced by the next backup
  return {};
}

Result<Owner> owner_of(const fs::path& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) {
    return trouble("looking at", path, errno);
  }
  return Owner{.user = facts.st_uid, .group = facts.st_gid};
}

Result<> give_to(const fs::path& path, Owner owner) {
  if (::geteuid() == 0 && ::lchown(path.c_str(), owner.user, owner.group) != 0) {
    return trouble("giving away", path, errno);
  }
  return {};
}

Result<> make_private(const fs::path& top, Owner owner) {
  TRY(const auto entries, entries_of(top));
  for (const fs::directory_entry& entry : entries) {
    if (entry.is_directory()) {
      TRY_VOID(make_private(entry.path(), owner));
    } else {
      TRY_VOID(set_mode(entry.path(), 0600));
      TRY_VOID(give_to(entry.path(), owner));
    }
  }
  TRY_VOID(set_mode(top, 0700));
  TRY_VOID(give_to(top, owner));
  return sync_folder(top);
}

FolderInTheMaking::~FolderInTheMaking() {
  std::error_code ignored;
  if (!path_.empty()) {
    fs::remove_all(path_, ignored);
  }
}

}  // namespace postrider::cli
