// How far a consumer of the event log has read: kept under its name, and moved in the step that
// writes what the consumer has derived, so that a crash neither loses nor doubles anything.
//
// What is stored: a version, varints (next, unreadable), a checksum. Values; any thread; reading
// blocks for a moment. Errors: those of the store; Errc::corrupt: whoever reads has to be told
// where to go on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace postrider::events {

class EventStore;

struct Cursor {
  std::uint64_t next = 1;        ///< the sequence number to read next
  std::uint64_t unreadable = 0;  ///< events that were skipped, in all

  bool operator==(const Cursor&) const = default;
};

/// What becomes of a cursor that was found behind the end of the log: numbers are given again from
/// that end on, and once the log has grown past the old place nobody could tell what was skipped.
inline constexpr std::uint64_t kPastTheEnd = (std::uint64_t{1} << 53) - 1;

/// For people: where a cursor lies whose `next` is behind the log that ends at `last`.
std::string past_the_end(std::uint64_t next, std::uint64_t last);

/// Nothing: nobody of that name has ever read.
Result<std::optional<Cursor>> read_cursor(const store::Store& store, std::string_view name);
void write_cursor(store::Step& step, std::string_view name, const Cursor& cursor);

/// All of them, by name.
Result<std::vector<std::pair<std::string, Cursor>>> read_cursors(const store::Store& store);

/// The first event at or after `time`, as if times never went back in the log; behind the last one
/// where there is none.
Result<std::uint64_t> sequence_at(const EventStore& events, Time time);

/// As people write it: a sequence number, or a time (base/text.h). Errc::invalid: neither, or one
/// past the end of the log.
Result<std::uint64_t> parse_position(const EventStore& events, const std::string& text);

}  // namespace postrider::events
