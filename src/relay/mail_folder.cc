#include "relay/mail_folder.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/descriptor.h"
#include "base/text.h"

namespace postrider::relay {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".unfinished";

Error failure(const std::string& what) {
  return {Errc::unavailable, what + ": " + std::strerror(errno)};
}

Result<> write_file(const fs::path& path, std::string_view head, std::string_view content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.is_open()) {
    return fail(failure("making a file for a mail"));
  }
  if (!file.write_all(head) || !file.write_all(content)) {
    return fail(failure("writing a mail"));
  }
  return ::fsync(file.number()) == 0 ? Result<>() : fail(failure("syncing a mail"));
}

Result<> sync_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.is_open() && ::fsync(opened.number()) == 0 ? Result<>()
                                                           : fail(failure("syncing a folder"));
}

}  // namespace

MailFolder::MailFolder(fs::path folder, MailFolderLimits limits)
    : folder_(std::move(folder)), limits_(limits) {}

Result<> MailFolder::check_room(std::size_t bytes) const {
  std::size_t files = 0;
  std::error_code unknown;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, unknown)) {
    std::error_code gone;
    const auto size = entry.file_size(gone);
    bytes += gone ? 0 : size;
    ++files;
  }
  return files < limits_.files_most && bytes <= limits_.bytes_most
             ? Result<>()
             : fail(Errc::unavailable, "the folder is full");
}

Result<> MailFolder::put(std::string_view head, std::string_view content, Time now) {
  const std::lock_guard lock(mutex_);
  std::error_code failed;
  if (fs::create_directories(folder_, failed)) {
    TRY_VOID(sync_folder(folder_.parent_path()));
  }
  if (failed) {
    return fail(Errc::unavailable, "making a folder for mail: " + failed.message());
  }
  TRY_VOID(check_room(head.size() + content.size()));
  const fs::path unfinished = folder_ / kUnfinished;
  TRY_VOID(write_file(unfinished, head, content));
  const fs::path complete = folder_ / (format_time(now) + "-" + std::to_string(::getpid()) + "-" +
                                       std::to_string(++count_) + ".eml");
  fs::rename(unfinished, complete, failed);
  if (failed) {
    return fail(Errc::unavailable, "renaming a mail: " + failed.message());
  }
  return sync_folder(folder_);
}

}  // namespace postrider::relay
