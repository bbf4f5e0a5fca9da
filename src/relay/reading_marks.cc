#include "relay/reading_marks.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sodium.h>
#include <string>
#include <sys/mman.h>
#include <type_traits>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/log.h"

namespace postrider::relay {
namespace {

constexpr std::array<char, 8> kMagic{'P', 'R', 'm', 'a', 'r', 'k', 's', '1'};
constexpr std::size_t kAtATime = 16;   // more than there are readers
constexpr std::size_t kSuspects = 64;  // the one that came first makes room

using Digest = std::array<std::uint8_t, 16>;

struct Suspect {
  Digest digest;
  std::uint32_t ends;
  std::uint32_t number;  // grows: the least came first
};

Digest digest_of(std::string_view mail) {
  Digest digest{};
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(mail.data()), mail.size(), nullptr, 0);
  return digest;
}

std::unexpected<Error> cannot(const std::filesystem::path& file) {
  return fail(Errc::unavailable, file.string() + ": " + std::strerror(errno));
}

}  // namespace

struct ReadingMarks::File {
  std::array<char, 8> magic;
  std::array<Digest, kAtATime> at_work;
  std::array<Suspect, kSuspects> suspects;

  Suspect* find(const Digest& digest) {
    Suspect* found = std::ranges::find(suspects, digest, &Suspect::digest);
    return found == suspects.end() || found->ends == 0 ? nullptr : found;
  }
};

Result<std::unique_ptr<ReadingMarks>> ReadingMarks::open(const std::filesystem::path& file) {
  static_assert(std::is_trivially_copyable_v<File>);
  const Descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!opened.is_open()) {
    return cannot(file);
  }
  // Written out: a hole that the disk has no room for would end us by a signal at the first mark.
  const int allocated = ::posix_fallocate(opened.number(), 0, sizeof(File));
  errno = allocated != 0 ? allocated : errno;
  void* mapped = allocated != 0 ? MAP_FAILED
                                : ::mmap(nullptr, sizeof(File), PROT_READ | PROT_WRITE, MAP_SHARED,
                                         opened.number(), 0);
  if (mapped == MAP_FAILED) {
    return cannot(file);
  }
  std::unique_ptr<ReadingMarks> marks(new ReadingMarks(static_cast<File*>(mapped)));
  marks->count_what_was_read();
  return marks;
}

ReadingMarks::~ReadingMarks() {
  ::munmap(file_, sizeof(File));
}

void ReadingMarks::count_what_was_read() {
  if (file_->magic != kMagic) {
    std::memset(static_cast<void*>(file_), 0, sizeof(File));
    file_->magic = kMagic;
    return;
  }
  for (Digest& digest : file_->at_work) {
    if (digest == Digest{}) {
      continue;
    }
    Suspect* suspect = file_->find(digest);
    if (suspect == nullptr) {
      suspect = std::ranges::min_element(file_->suspects, {}, &Suspect::number);
      *suspect = {.digest = digest, .ends = 0, .number = 0};
    }
    ++suspect->ends;
    suspect->number = 1 + std::ranges::max(file_->suspects, {}, &Suspect::number).number;
    digest = {};
    log::warning(suspect->ends < kEndsMost
                     ? "a mail that came back was being read when the last process ended"
                     : "a mail that came back has ended the process again and is not read any more",
                 {{"times", std::to_string(suspect->ends)}});
  }
}

std::unique_ptr<ReadingMarks::Mark> ReadingMarks::begin(std::string_view mail) {
  const Digest digest = digest_of(mail);
  const std::lock_guard lock(mutex_);
  if (const Suspect* suspect = file_->find(digest);
      suspect != nullptr && suspect->ends >= kEndsMost) {
    return nullptr;
  }
  auto* const place = std::ranges::find(file_->at_work, Digest{});
  if (place == file_->at_work.end()) {
    return std::unique_ptr<Mark>(new Mark(*this, kAtATime));  // read without one
  }
  *place = digest;
  return std::unique_ptr<Mark>(
      new Mark(*this, static_cast<std::size_t>(place - file_->at_work.begin())));
}

ReadingMarks::Mark::~Mark() {
  const std::lock_guard lock(marks_.mutex_);
  if (place_ < kAtATime) {
    marks_.file_->at_work[place_] = {};
  }
}

}  // namespace postrider::relay
