// What an operator sets about webhooks, section [webhook]. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "net/network.h"

namespace postrider::webhook {

struct Options {
  /// Where endpoints may be although no public address is there.
  std::vector<net::Network> allow_networks;
  std::chrono::milliseconds answer_within{15'000};  ///< from the request's first byte
  std::uint32_t requests_max = 4;                   ///< to one endpoint at a time
  Duration log_for = std::chrono::hours(7 * 24);    ///< that a request stays in the log
};

}  // namespace postrider::webhook
