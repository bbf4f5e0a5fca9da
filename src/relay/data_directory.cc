#include "relay/data_directory.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/text.h"

namespace postrider::relay {

Result<std::unique_ptr<DataDirectory>> DataDirectory::own(const std::filesystem::path& path) {
  std::error_code ec;
  if (std::filesystem::create_directories(path, ec)) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, ec);
  }
  if (ec || !std::filesystem::is_directory(path)) {
    return fail(Errc::unavailable,
                "the data directory " + path.string() +
                    " can't be made: " + (ec ? ec.message() : "there is a file of that name") +
                    "; choose another with --data or `data` in the configuration");
  }
  const std::filesystem::path file = lock_file(path);
  Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.is_open()) {
    return fail(Errc::unavailable, "opening " + file.string() + ": " + std::strerror(errno) +
                                       "; the data directory must be writable by this user");
  }
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    char pid[24] = {};
    const ssize_t size = ::pread(lock.number(), pid, sizeof(pid) - 1, 0);
    return fail(Errc::unavailable,
                "the data directory " + path.string() + " belongs to a running instance (process " +
                    std::string(trim(std::string_view(pid, size > 0 ? std::size_t(size) : 0))) +
                    "): stop that one, or give this one another with --data");
  }
  if (std::filesystem::exists(restoring(path), ec)) {
    return fail(Errc::unavailable,
                "restoring a backup into the data directory " + path.string() +
                    " did not come to its end: remove what is in it, and restore "
                    "again");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.number(), 0) != 0 ||
      ::pwrite(lock.number(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return fail(Errc::unavailable, "writing " + file.string() + ": " + std::strerror(errno));
  }
  return std::unique_ptr<DataDirectory>(new DataDirectory(std::move(lock)));
}

DataDirectory::~DataDirectory() {
  [[maybe_unused]] const int emptied = ::ftruncate(lock_.number(), 0);
}

}  // namespace postrider::relay
