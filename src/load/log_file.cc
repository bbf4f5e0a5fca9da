#include "load/log_file.h"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <tuple>
#include <unistd.h>

namespace postrider::load {
namespace {

constexpr std::size_t kGatheredBytes = 64 * 1024;

std::string reason(int error) {
  return std::generic_category().message(error);
}

}  // namespace

Result<std::unique_ptr<LogFile>> LogFile::open(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) {
    return fail(Errc::unavailable, "opening " + path.string() + ": " + reason(errno));
  }
  return std::unique_ptr<LogFile>(new LogFile(file, path));
}

LogFile::~LogFile() {
  std::ignore = flush();
  ::close(file_);
}

void LogFile::append(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  gathered_ += lines;
  if (gathered_.size() >= kGatheredBytes) {
    write_out();
  }
}

Result<> LogFile::flush() {
  const std::lock_guard lock(mutex_);
  write_out();
  if (failed_ != 0) {
    return fail(Errc::unavailable, "writing " + path_.string() + ": " + reason(failed_));
  }
  return {};
}

void LogFile::write_out() {
  std::string_view left = gathered_;
  while (!left.empty() && failed_ == 0) {
    const ssize_t written = ::write(file_, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      failed_ = errno;
    }
  }
  gathered_.clear();
}

}  // namespace postrider::load
