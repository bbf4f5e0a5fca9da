// `postrider simulator --count`: the simulator as the receiver of a load. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "cli/command.h"

namespace postrider::cli {

struct CountWords {
  std::uint16_t port = 0;
  std::uint32_t threads = 1;
  std::string log;
  bool tls = false;
};

/// Runs until SIGTERM or SIGINT. Errc::unavailable: it can't listen, or the log can't be written.
Result<> count_arrivals(const Context& context, const CountWords& words);

}  // namespace postrider::cli
