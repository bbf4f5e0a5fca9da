// Where a consumer of the event log is to begin again: as a request says it, and as the answer
// does.
#pragma once

#include <cstdint>

#include <boost/asio/awaitable.hpp>

#include "base/json_text.h"
#include "http/control.h"

namespace postrider::http {

/// Of a body that has `from` alone. Errc::invalid: it can't be understood. What is passed outlives
/// the await.
boost::asio::awaitable<Result<std::uint64_t>> replay_position(const ControlParts& parts,
                                                              const Call& call);

/// Into an object: `next`, and `last` of the log.
void write_replay(JsonText& json, const ControlParts& parts, std::uint64_t next);

}  // namespace postrider::http
