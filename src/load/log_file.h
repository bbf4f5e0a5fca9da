// A log that several threads write lines to. Whole lines are gathered and written 64 KiB at a time,
// so that a line costs a copy and no call; who is killed loses what had been gathered, which leaves
// answers unrecorded and never makes one up.
//
// What stands in the file is kept: a load that is begun again writes on. Any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postrider::load {

class LogFile {
 public:
  /// Errc::unavailable names the file.
  static Result<std::unique_ptr<LogFile>> open(const std::filesystem::path& path);
  ~LogFile();  ///< flushes
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Whole lines.
  void append(std::string_view lines);

  /// Errc::unavailable if anything since open() could not be written.
  Result<> flush();

 private:
  LogFile(int file, std::filesystem::path path) : file_(file), path_(std::move(path)) {}
  void write_out();

  std::mutex mutex_;  // what follows
  int file_;
  std::filesystem::path path_;
  std::string gathered_;
  int failed_ = 0;  // errno of the first write that failed
};

}  // namespace postrider::load
