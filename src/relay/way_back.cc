#include "relay/way_back.h"

#include <utility>

#include "base/log.h"
#include "relay/data_directory.h"

namespace postrider::relay {
namespace {

std::unique_ptr<ReadingMarks> open_marks(const std::filesystem::path& file) {
  auto marks = ReadingMarks::open(file);
  if (!marks) {
    log::error(
        "mail that comes back is read without marks: one that crashes its reader would be "
        "read again and again",
        {{"why", marks.error().text()}});
    return nullptr;
  }
  return *std::move(marks);
}

}  // namespace

WayBack::WayBack(const Settings& settings, const mail::TokenKey& token_key, Rules rules,
                 const links::LinkStore& links, const SubmissionServices& shared)
    : marks_(open_marks(DataDirectory::reading_marks(settings.data))),
      feedback_({.clock = shared.clock,
                 .events = shared.events,
                 .directory = shared.directory,
                 .links = links,
                 .committers = shared.committers,
                 .classifier = std::move(rules),
                 .token_key = token_key,
                 .marks = marks_.get()}),
      people_({.intake = shared.intake,
               .committers = shared.committers,
               .blocking = folders_,
               .clock = shared.clock,
               .folder = DataDirectory::mail(settings.data)},
              settings.inbound),
      services_{.feedback = feedback_,
                .people = people_,
                .directory = shared.directory,
                .store = shared.store,
                .clock = shared.clock,
                .names = {.hostname = settings.hostname,
                          .return_path_domain = settings.return_path_domain,
                          .token_key = token_key},
                .is_stopping = shared.is_stopping,
                .memory = shared.memory} {}

}  // namespace postrider::relay
