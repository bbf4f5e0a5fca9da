#include "relay/way_back.h"

#include <utility>

#include "relay/data_directory.h"

namespace postrider::relay {

WayBack::WayBack(const Settings& settings, const mail::TokenKey& token_key, Rules rules,
                 const links::LinkStore& links, const SubmissionServices& shared)
    : feedback_({.clock = shared.clock,
                 .events = shared.events,
                 .directory = shared.directory,
                 .links = links,
                 .committers = shared.committers,
                 .classifier = std::move(rules),
                 .token_key = token_key}),
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
