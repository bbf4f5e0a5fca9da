#include "load/figures.h"

#include <algorithm>

namespace postrider::load {

void Figures::add(const Figures& others) {
  messages += others.messages;
  messages_accepted += others.messages_accepted;
  accepted += others.accepted;
  refused += others.refused;
  unanswered += others.unanswered;
  connections += others.connections;
  gave_up += others.gave_up;
  connection_errors += others.connection_errors;
  latencies.add(others.latencies);
  latest = std::max(latest, others.latest);
  if (!others.trouble.empty()) {
    trouble = others.trouble;
  }
}

}  // namespace postrider::load
