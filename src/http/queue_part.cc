#include "http/queue_part.h"

#include <utility>

namespace postrider::http {

using boost::asio::awaitable;

namespace {

/// As a relay would find it at its start; what can't be read it would set aside.
Result<QueuePart> look_at_spool(const ControlParts& parts, std::size_t limit,
                                const std::string& domain) {
  QueuePart part{.entries = {}, .figures = {}, .is_cut = false, .now = SystemClock().now()};
  const auto directory = parts.directory->snapshot();
  const auto take = [&](spool::Recovered found) {
    const directory::Account* account = directory->account(found.message.account);
    const bool is_held =
        found.message.is_bulk && account != nullptr && account->bulk_pause.is_paused;
    for (queue::Waiting& waiting : queue::waiting_of(found)) {
      ++(is_held ? part.figures.held : part.figures.scheduled);
      if (!domain.empty() && waiting.domain != domain) {
        continue;
      }
      if (part.entries.size() == limit) {
        part.is_cut = true;
        continue;
      }
      part.entries.push_back({.waiting = std::move(waiting), .site = {}, .is_held = is_held});
    }
  };
  store::Step repairs;
  std::vector<std::string> problems;
  TRY_VOID(parts.spool->recover(take, repairs, problems), "reading the queue");
  return part;
}

}  // namespace

awaitable<Result<QueuePart>> look_at_queue(const ControlParts& parts, std::size_t limit,
                                           std::string domain) {
  if (parts.relay == nullptr) {
    co_return look_at_spool(parts, limit, domain);
  }
  delivery::Dispatcher& dispatcher = parts.relay->dispatcher();
  QueuePart part;
  part.figures = co_await dispatcher.figures();
  part.entries = co_await dispatcher.entries(limit);
  part.is_cut = part.entries.size() >= limit;
  part.now = parts.relay->clock().now();
  if (!domain.empty()) {
    std::erase_if(part.entries, [&](const delivery::QueueEntry& entry) {
      return entry.waiting.domain != domain;
    });
  }
  co_return part;
}

}  // namespace postrider::http
