// A folder of files with one event a line (docs/events.md), for whoever loads events into something
// of theirs.
//
// A file is named by its first event: events-00000000000000004711.jsonl is finished and never
// changes again; one that ends in ".part" is being written, and has whole lines up to its last line
// end. The folder is its own cursor: who opens it goes on behind the last whole line, so that each
// event is in it once, whatever ended the process before.
//
// One process at a time holds a folder. Thread: one. Errors: unavailable, in the kernel's words;
// after one the folder is opened anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace postrider::exports {

struct FolderOptions {
  std::filesystem::path folder;  ///< made where it is missing
  std::uint64_t file_bytes = 64 << 20;
  std::chrono::milliseconds file_age{std::chrono::hours(1)};
};

class EventFolder {
 public:
  /// Errc::invalid: another process has it, or its last line is no event.
  static Result<std::unique_ptr<EventFolder>> open(FolderOptions options);
  ~EventFolder();  ///< leaves the file that is being written as it is
  EventFolder(const EventFolder&) = delete;
  EventFolder& operator=(const EventFolder&) = delete;

  /// The number of the last event; nothing: there is none.
  std::optional<std::uint64_t> last() const;

  /// Whole lines, of events up to `last`, of which `first` is the first; synced when it returns.
  Result<> append(std::uint64_t first, std::uint64_t last, std::string_view lines);
  /// Finishes the file if its time or size has come, or in any case.
  Result<> finish_if_due();
  Result<> finish();

 private:
  struct State;
  explicit EventFolder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postrider::exports
