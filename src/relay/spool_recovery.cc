#include "relay/spool_recovery.h"

#include <string>
#include <utility>
#include <vector>

#include "base/log.h"

namespace postrider::relay {

Result<spool::RecoveryFigures> recover_spool(store::Store& store, spool::Spool& spool,
                                             const events::EventStore& events, const Clock& clock,
                                             const std::function<void(queue::Waiting)>& add) {
  store::Step repairs;
  std::vector<std::string> problems;
  if (const auto missing = store.missing_writes()) {
    problems.push_back(*missing);
  }
  TRY(const spool::RecoveryFigures recovered,
      spool.recover(
          [&](const spool::Recovered& found) {
            for (queue::Waiting& waiting : queue::waiting_of(found)) {
              add(std::move(waiting));
            }
          },
          repairs, problems),
      "recovering the spool");
  for (const std::string& problem : problems) {
    log::error("the spool is damaged", {{"what", problem}});
    events::Event event;
    event.type = events::Type::operational;
    event.time = clock.now();
    event.what = "spool_damaged";
    event.detail = problem;
    events.append(repairs, event);
  }
  if (!repairs.empty()) {
    std::vector<store::Store::Request> requests;
    requests.push_back({.step = std::move(repairs), .completed = {}, .reply_to = nullptr});
    store.submit(requests);
  }
  if (recovered.recipients > 0) {
    log::info("recovered the queue", {{"messages", std::to_string(recovered.messages)},
                                      {"recipients", std::to_string(recovered.recipients)}});
  }
  return recovered;
}

}  // namespace postrider::relay
