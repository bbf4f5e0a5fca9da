// What a load came to. Values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "load/latencies.h"

namespace postrider::load {

struct Figures {
  std::uint64_t messages = 0;           ///< tried
  std::uint64_t messages_accepted = 0;  ///< with one recipient at least
  std::uint64_t accepted = 0;           ///< recipients, like those that follow
  std::uint64_t refused = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t connections = 0;        ///< that got as far as a transaction
  std::uint64_t gave_up = 0;            ///< connections that were not tried again
  std::uint64_t connection_errors = 0;  ///< that did not, or that broke
  Latencies latencies;                  ///< of the replies to final dots
  std::chrono::microseconds latest{0};  ///< how far the load fell behind its rate
  std::string trouble;                  ///< the last one with a connection

  void add(const Figures& others);
};

}  // namespace postrider::load
