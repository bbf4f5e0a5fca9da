// What the kernel says of this process, for metrics. Blocks for microseconds (/proc). Any thread.
#pragma once

#include <cstdint>

namespace postrider::http {

struct ProcessFigures {
  double cpu_seconds = 0;  ///< user and system
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t open_files_max = 0;
  double started = 0;  ///< seconds since 1970
};
/// What can't be read stays 0.
ProcessFigures process_figures();

}  // namespace postrider::http
