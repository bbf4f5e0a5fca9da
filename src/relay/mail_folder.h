// Mail for people that nobody has an address for: a folder of files, a mail in each, as any mail
// program reads them.
//
// A file is complete and on stable storage when put() returns; its name begins with the time. The
// folder has bounds, because anybody can send: above them put() refuses until somebody has cleared
// it. Blocks; any thread, one call at a time for one folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace postrider::relay {

struct MailFolderLimits {
  std::size_t files_most = 1000;
  std::uint64_t bytes_most = 256 << 20;
};

class MailFolder {
 public:
  explicit MailFolder(std::filesystem::path folder, MailFolderLimits limits = {});

  /// `head` stands in front of `content`. Errc::unavailable: the folder is full, or the disk says
  /// no.
  Result<> put(std::string_view head, std::string_view content, Time now);

 private:
  Result<> check_room(std::size_t bytes) const;

  std::filesystem::path folder_;
  MailFolderLimits limits_;
  std::mutex mutex_;
  std::uint64_t count_ = 0;
};

}  // namespace postrider::relay
