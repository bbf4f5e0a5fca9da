// Until when something on the network may take: a point in real time, made once by the caller and
// handed to every wait that belongs to the same line, command or block.
#pragma once

#include <chrono>

namespace postrider::net {

using Deadline = std::chrono::steady_clock::time_point;

inline Deadline within(std::chrono::milliseconds limit) {
  return std::chrono::steady_clock::now() + limit;
}

}  // namespace postrider::net
