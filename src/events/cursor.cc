#include "events/cursor.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/text.h"
#include "events/event_store.h"

namespace postrider::events {
namespace {

constexpr std::uint8_t kVersion = 1;

Result<Cursor> decode(std::string_view name, std::string_view record) {
  const OpenedRecord opened = open_record(record);
  Reader reader(opened.intact ? opened.payload : std::string_view());
  Cursor cursor;
  cursor.next = reader.varint();
  cursor.unreadable = reader.varint();
  if (!reader.ok() || opened.version != kVersion) {
    return fail(Errc::corrupt, "the cursor of '" + std::string(name) + "' can't be read");
  }
  return cursor;
}

/// Of the first readable event at or behind `from`; nothing at the end.
Result<std::optional<Event>> first_behind(const EventStore& events, std::uint64_t from) {
  TRY(Page page, events.read(from, 1));
  return page.events.empty() ? std::optional<Event>() : std::move(page.events.front());
}

}  // namespace

std::string past_the_end(std::uint64_t next, std::uint64_t last) {
  return next == kPastTheEnd
             ? "its cursor lay behind the end of the log when it was found"
             : "its cursor is at event " + std::to_string(next) + ", and the log ends at " +
                   std::to_string(last) + ": the end of the log is missing";
}

Result<std::optional<Cursor>> read_cursor(const store::Store& store, std::string_view name) {
  TRY(const std::optional<std::string> record, store.get(store::Table::cursor, name));
  if (!record) {
    return std::optional<Cursor>();
  }
  TRY(const Cursor cursor, decode(name, *record));
  return std::optional(cursor);
}

void write_cursor(store::Step& step, std::string_view name, const Cursor& cursor) {
  std::string record = begin_record(kVersion, 12);
  put_varint(record, cursor.next);
  put_varint(record, cursor.unreadable);
  step.put(store::Table::cursor, std::string(name), seal_record(std::move(record)));
}

Result<std::vector<std::pair<std::string, Cursor>>> read_cursors(const store::Store& store) {
  std::vector<std::pair<std::string, Cursor>> all;
  TRY_VOID(store.scan(store::Table::cursor, {}, {},
                      [&](std::string_view name, std::string_view record) {
                        const Result<Cursor> cursor = decode(name, record);
                        all.emplace_back(name, cursor ? *cursor : Cursor{.next = 0});
                        return true;
                      }),
           "reading the cursors");
  return all;
}

Result<std::uint64_t> sequence_at(const EventStore& events, Time time) {
  std::uint64_t low = 1;
  std::uint64_t high = events.last_sequence() + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    TRY(const std::optional<Event> found, first_behind(events, middle));
    if (!found || found->time >= time) {
      high = middle;
    } else {
      low = std::max(middle, found->sequence) + 1;
    }
  }
  return std::min(low, events.last_sequence() + 1);
}

Result<std::uint64_t> parse_position(const EventStore& events, const std::string& text) {
  const std::uint64_t end = events.last_sequence() + 1;
  if (text.empty() || !std::ranges::all_of(text, is_digit)) {
    const Result<Time> time = parse_time(text);
    if (!time) {
      return fail(Errc::invalid, "'" + printable(text, 40) +
                                     "' is neither a sequence number of the event log nor a time "
                                     "like 2026-11-24T05:52:12Z");
    }
    return sequence_at(events, *time);
  }
  std::uint64_t position = 0;
  const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (ec != std::errc() || position == 0 || position > end) {
    return fail(Errc::invalid, text + " lies outside of the event log: its numbers begin at 1, " +
                                   std::to_string(end) + " is the next one to come");
  }
  return position;
}

}  // namespace postrider::events
