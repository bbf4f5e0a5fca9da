#include "store/acknowledged_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/descriptor.h"

namespace postrider::store {
namespace {

constexpr std::size_t kSize = 12;  // the number, and a checksum of it
constexpr std::chrono::seconds kSyncEvery{1};

std::optional<std::uint64_t> read_number(int descriptor) {
  char bytes[kSize];
  if (::pread(descriptor, bytes, kSize, 0) != static_cast<ssize_t>(kSize)) {
    return std::nullopt;
  }
  Reader reader(std::string_view(bytes, kSize));
  const std::uint64_t number = reader.u64();
  if (reader.u32() != checksum(std::string_view(bytes, 8))) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::filesystem::path acknowledged_file(const std::filesystem::path& directory) {
  return directory.string() + ".acknowledged";
}

Result<std::unique_ptr<AcknowledgedFile>> AcknowledgedFile::open(
    const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return fail(Errc::unavailable, "opening " + file.string() + ": " + std::strerror(errno));
  }
  return std::unique_ptr<AcknowledgedFile>(
      new AcknowledgedFile(file, descriptor, read_number(descriptor)));
}

AcknowledgedFile::AcknowledgedFile(const std::filesystem::path& file, int descriptor,
                                   std::optional<std::uint64_t> found)
    : folder_(file.parent_path()),
      descriptor_(descriptor),
      found_(found),
      thread_([this] { sync_now_and_then(); }) {}

AcknowledgedFile::~AcknowledgedFile() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ended_.notify_one();
  thread_.join();
  ::fdatasync(descriptor_);
  ::close(descriptor_);
}

void AcknowledgedFile::begin() {
  set(0);
  ::fdatasync(descriptor_);
  const Descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) {
    ::fsync(folder.number());  // the file's name is in there
  }
}

void AcknowledgedFile::set(std::uint64_t sequence) {
  std::string bytes;
  put_u64(bytes, sequence);
  put_u32(bytes, checksum(bytes));
  // A write that fails leaves an older number: the check is weaker then, never wrong.
  [[maybe_unused]] const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), 0);
  is_dirty_.store(true, std::memory_order_relaxed);
}

void AcknowledgedFile::sync_now_and_then() {
  ::prctl(PR_SET_NAME, "ack-sync");
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, kSyncEvery, [this] { return ending_; })) {
    if (is_dirty_.exchange(false, std::memory_order_relaxed)) {
      lock.unlock();
      ::fdatasync(descriptor_);
      lock.lock();
    }
  }
}

}  // namespace postrider::store
