#include "exports/event_folder.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/descriptor.h"

namespace postrider::exports {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "events-";
constexpr std::string_view kFinished = ".jsonl";
constexpr std::string_view kUnfinished = ".part";
constexpr std::string_view kLineBegins = "{\"sequence\":";
constexpr std::size_t kTailRead = 64 << 10;

std::unexpected<Error> system_failure(const std::string& doing, const fs::path& path) {
  return fail(Errc::unavailable,
              doing + " " + path.string() + ": " + std::system_category().message(errno));
}

/// The last whole line, and where it ends.
struct Tail {
  std::string line;
  off_t end = 0;
};

/// Searched from the end, in growing pieces: a line has some hundred bytes.
Result<Tail> tail_of(int file, const fs::path& path) {
  struct stat facts{};
  if (::fstat(file, &facts) != 0) {
    return system_failure("looking at", path);
  }
  for (std::size_t wanted = kTailRead;; wanted *= 4) {
    const off_t begin = std::max<off_t>(0, facts.st_size - static_cast<off_t>(wanted));
    std::string bytes(static_cast<std::size_t>(facts.st_size - begin), '\0');
    if (::pread(file, bytes.data(), bytes.size(), begin) != facts.st_size - begin) {
      return system_failure("reading", path);
    }
    const auto end = bytes.rfind('\n');
    const auto before =
        end == std::string::npos || end == 0 ? std::string::npos : bytes.rfind('\n', end - 1);
    if (begin == 0 && end == std::string::npos) {
      return Tail();
    }
    if (before != std::string::npos || begin == 0) {
      const std::size_t first = before == std::string::npos ? 0 : before + 1;
      return Tail{.line = bytes.substr(first, end - first),
                  .end = begin + static_cast<off_t>(end) + 1};
    }
  }
}

Result<std::uint64_t> sequence_of(const std::string& line, const fs::path& path) {
  std::uint64_t sequence = 0;
  const char* const begin = line.data() + std::min(kLineBegins.size(), line.size());
  if (line.starts_with(kLineBegins)) {
    std::from_chars(begin, line.data() + line.size(), sequence);
  }
  if (sequence == 0) {
    return fail(Errc::invalid, "the last line of " + path.string() + " is no event");
  }
  return sequence;
}

Result<> sync_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || ::fsync(opened.number()) != 0) {
    return system_failure("syncing", folder);
  }
  return {};
}

/// Under its final name, or away where there is nothing in it.
Result<> finish_file(int file, const fs::path& unfinished, off_t size) {
  const fs::path finished = fs::path(unfinished).replace_extension();
  const bool is_done = size == 0 ? ::unlink(unfinished.c_str()) == 0
                                 : ::ftruncate(file, size) == 0 && ::fsync(file) == 0 &&
                                       ::rename(unfinished.c_str(), finished.c_str()) == 0;
  if (!is_done) {
    return system_failure("finishing", unfinished);
  }
  return sync_folder(unfinished.parent_path());
}

/// By name, which is by their first events.
Result<std::vector<fs::path>> files_in(const fs::path& folder) {
  std::error_code failed;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) &&
        (name.ends_with(kFinished) || name.ends_with(std::string(kFinished) += kUnfinished))) {
      files.push_back(entry.path());
    }
  }
  if (failed) {
    return fail(Errc::unavailable, "reading " + folder.string() + ": " + failed.message());
  }
  std::ranges::sort(files);
  return files;
}

/// Finishes what was left; the number of the last event of all, or nothing.
Result<std::optional<std::uint64_t>> tidy_up(const fs::path& folder) {
  TRY(const std::vector<fs::path> files, files_in(folder));
  std::optional<std::uint64_t> last;
  for (const fs::path& path : files) {
    const bool is_unfinished = path.extension() == kUnfinished;
    if (!is_unfinished && path != files.back() && files.back().extension() != kUnfinished) {
      continue;
    }
    const Descriptor file(::open(path.c_str(), (is_unfinished ? O_RDWR : O_RDONLY) | O_CLOEXEC));
    if (!file.is_open()) {
      return system_failure("opening", path);
    }
    TRY(const Tail tail, tail_of(file.number(), path));
    if (tail.end > 0) {
      TRY(const std::uint64_t sequence, sequence_of(tail.line, path));
      last = std::max(last.value_or(0), sequence);
    }
    if (is_unfinished) {
      TRY_VOID(finish_file(file.number(), path, tail.end));
    }
  }
  return last;
}

}  // namespace

struct EventFolder::State {
  FolderOptions options;
  Descriptor lock;
  std::optional<std::uint64_t> last;
  Descriptor file;  // open while one is being written
  fs::path path;
  off_t size = 0;
  std::chrono::steady_clock::time_point opened;
};

EventFolder::EventFolder(std::unique_ptr<State> state) : state_(std::move(state)) {}
EventFolder::~EventFolder() = default;

Result<std::unique_ptr<EventFolder>> EventFolder::open(FolderOptions options) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  const fs::path& folder = state->options.folder;
  std::error_code failed;
  fs::create_directories(folder, failed);
  state->lock = Descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!state->lock.is_open()) {
    return system_failure("opening", folder);
  }
  if (::flock(state->lock.number(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Errc::invalid, "another process exports to " + folder.string());
  }
  TRY(state->last, tidy_up(folder));
  return std::unique_ptr<EventFolder>(new EventFolder(std::move(state)));
}

std::optional<std::uint64_t> EventFolder::last() const {
  return state_->last;
}

Result<> EventFolder::append(std::uint64_t first, std::uint64_t last, std::string_view lines) {
  if (!state_->file.is_open()) {
    state_->path = state_->options.folder /
                   fmt::format("{}{:020}{}{}", kPrefix, first, kFinished, kUnfinished);
    state_->file = Descriptor(
        ::open(state_->path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640));
    if (!state_->file.is_open()) {
      return system_failure("opening", state_->path);
    }
    state_->size = 0;
    state_->opened = std::chrono::steady_clock::now();
    TRY_VOID(sync_folder(state_->options.folder));
  }
  if (!state_->file.write_all(lines)) {
    return system_failure("writing", state_->path);
  }
  if (::fdatasync(state_->file.number()) != 0) {
    return system_failure("syncing", state_->path);
  }
  state_->size += static_cast<off_t>(lines.size());
  state_->last = last;
  return finish_if_due();
}

Result<> EventFolder::finish_if_due() {
  const bool is_due =
      state_->file.is_open() &&
      (state_->size >= static_cast<off_t>(state_->options.file_bytes) ||
       std::chrono::steady_clock::now() - state_->opened >= state_->options.file_age);
  return is_due ? finish() : Result<>();
}

Result<> EventFolder::finish() {
  if (!state_->file.is_open()) {
    return {};
  }
  const Descriptor file = std::move(state_->file);
  return finish_file(file.number(), state_->path, state_->size);
}

}  // namespace postrider::exports
