#include "queue/waiting.h"

#include "spool/spool.h"

namespace postrider::queue {

std::vector<Waiting> waiting_of(const spool::Recovered& found) {
  const spool::Message& message = found.message;
  std::vector<Waiting> waiting;
  for (std::uint32_t i = 0; i < message.recipient_count(); ++i) {
    const auto& state = found.states[i];
    if (state && state->is_settled) {
      continue;
    }
    waiting.push_back({.message = message.id,
                       .account = message.account,
                       .index = i,
                       .count = message.recipient_count(),
                       .attempts = state ? state->attempts : 0,
                       .has_own_copy = message.has_own_copies(),
                       .is_bulk = message.is_bulk,
                       .laters = state ? state->laters : std::uint8_t{0},
                       .accepted = message.accepted,
                       .due = state ? state->due : message.accepted,
                       .domain = message.envelope.recipients[i].address.domain,
                       .fresh = nullptr});
  }
  return waiting;
}

}  // namespace postrider::queue
