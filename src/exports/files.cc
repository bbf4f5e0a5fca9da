#include "exports/files.h"

#include <optional>
#include <string>

#include "exports/event_folder.h"

namespace postrider::exports {
namespace {

class Files final : public Destination {
 public:
  Files(const Options& options, const events::EventStore& events)
      : events_(events),
        options_{.folder = options.folder,
                 .file_bytes = options.file_bytes,
                 .file_age = options.file_age} {}
  ~Files() override {
    if (folder_) {
      static_cast<void>(folder_->finish());  // who opens it next does it otherwise
    }
  }

  Result<> deliver(std::span<const events::Event* const> events) override {
    const Result<> done = write(events);
    if (!done) {
      folder_.reset();  // what is in it now is seen when it is opened anew
    }
    return done;
  }

  Result<> idle() override {
    const Result<> done = folder_ ? folder_->finish_if_due() : Result<>();
    if (!done) {
      folder_.reset();
    }
    return done;
  }

  void begin_again() override { folder_.reset(); }

 private:
  Result<> write(std::span<const events::Event* const> events) {
    if (!folder_) {
      TRY_VOID(open());
    }
    const std::uint64_t has = folder_->last().value_or(0);
    std::string lines;
    std::optional<std::uint64_t> first;
    for (const events::Event* event : events) {
      if (event->sequence > has) {
        first = first.value_or(event->sequence);
        lines += events::to_json(*event) + "\n";
      }
    }
    return first ? folder_->append(*first, events.back()->sequence, lines)
                 : folder_->finish_if_due();
  }

  Result<> open() {
    TRY(auto folder, EventFolder::open(options_));
    const std::uint64_t has = folder->last().value_or(0);
    if (has > events_.last_sequence()) {
      return fail(Errc::invalid, "the event log ends at " +
                                     std::to_string(events_.last_sequence()) + ", and " +
                                     options_.folder.string() + " at " + std::to_string(has) +
                                     ": the log has lost its end, or is another one; name another "
                                     "folder");
    }
    folder_ = std::move(folder);
    return {};
  }

  const events::EventStore& events_;
  const FolderOptions options_;
  std::unique_ptr<EventFolder> folder_;
};

}  // namespace

std::unique_ptr<Destination> make_files(const Options& options, const events::EventStore& events) {
  return std::make_unique<Files>(options, events);
}

}  // namespace postrider::exports
