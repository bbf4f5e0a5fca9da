// Which mails are being read at this moment, in a file that outlives the process.
//
// What comes back is written by strangers, and read by code that may have defects. An exception
// costs the mail that caused it; a crash (a signal) ends the relay, the mail's sender hears no 250,
// comes again, and ends the next one. So each reading leaves its mark first: a mail that was being
// read when the process ended without taking its mark away, twice, is not read a third time. (Once
// may have been anybody's kill -9.)
//
// The file is mapped: a mark costs no system call, and the kernel keeps it when the process dies.
// Not when the machine does, which no mail can bring about.
//
// Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/result.h"

namespace postrider::relay {

class ReadingMarks {
 public:
  static constexpr std::uint32_t kEndsMost = 2;

  /// Makes the file where it is missing or isn't one of these, and counts what was being read when
  /// the last process ended. Errc::unavailable: it can't be written.
  static Result<std::unique_ptr<ReadingMarks>> open(const std::filesystem::path& file);
  ~ReadingMarks();
  ReadingMarks(const ReadingMarks&) = delete;
  ReadingMarks& operator=(const ReadingMarks&) = delete;

  /// Stands for as long as it lives.
  class Mark {
   public:
    ~Mark();
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;

   private:
    friend class ReadingMarks;
    Mark(ReadingMarks& marks, std::size_t place) : marks_(marks), place_(place) {}
    ReadingMarks& marks_;
    std::size_t place_;
  };

  /// Null: this mail has ended the process kEndsMost times, and must not be read.
  std::unique_ptr<Mark> begin(std::string_view mail);

 private:
  struct File;
  explicit ReadingMarks(File* file) : file_(file) {}
  void count_what_was_read();

  File* file_;  ///< mapped
  std::mutex mutex_;
};

}  // namespace postrider::relay
