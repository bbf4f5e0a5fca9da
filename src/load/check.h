// Compares what a load was answered with what arrived: the test of "250 means that it is safe".
//
// A line that the end of a log cuts off is left out, because its writer may have been killed; any
// other line that is none is an error. Copies are counted from the lines, so that a receiver that
// was started again between them changes nothing. Recipients of other runs that arrived are left
// out: the receiver may have served them too.
//
// Memory: 2 bytes for each recipient. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/result.h"
#include "load/load_id.h"

namespace postrider::load {

struct Findings {
  static constexpr std::size_t kMostNamed = 1000;

  std::uint64_t accepted = 0;    ///< answered 2xx
  std::uint64_t refused = 0;     ///< answered 4xx or 5xx
  std::uint64_t unanswered = 0;  ///< 000
  std::uint64_t arrived = 0;     ///< different recipients of these runs

  std::uint64_t lost = 0;                ///< accepted, never arrived
  std::uint64_t copies = 0;              ///< arrivals beyond the first of a recipient
  std::uint64_t refused_arrived = 0;     ///< told that it was not taken, and yet it came
  std::uint64_t unanswered_arrived = 0;  ///< allowed: nobody knew
  std::uint64_t unlogged_arrived = 0;    ///< of a run in the log, without a line in it

  std::vector<LoadId> lost_ids;    ///< the first kMostNamed, in order
  std::vector<LoadId> copied_ids;  ///< likewise, each once
};

/// Errc::not_found: a log is not there; Errc::invalid: not a log (file and line are named).
Result<Findings> check_logs(const std::filesystem::path& answered,
                            const std::filesystem::path& arrived);

}  // namespace postrider::load
