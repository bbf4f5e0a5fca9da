#include "events/log_extent.h"

#include <optional>
#include <string>

#include "base/bytes.h"

namespace postrider::events {
namespace {

// Beside what is derived from the log, away from every account and reader (statistics/rows.h).
const std::string kGapsKey =
    "\xff"
    "gaps";

}  // namespace

Result<std::uint64_t> first_sequence(const store::Store& store) {
  std::uint64_t first = store.last_sequence() + 1;
  TRY_VOID(store.scan(store::Table::event, {}, {},
                      [&](std::string_view key, std::string_view /*record*/) {
                        first = Reader(key).u64();
                        return false;
                      }),
           "reading the begin of the event log");
  return first;
}

void note_gaps(store::Step& step) {
  step.put(store::Table::counter, kGapsKey, "1");
}

Result<bool> has_gaps(const store::Store& store) {
  TRY(const std::optional<std::string> found, store.get(store::Table::counter, kGapsKey));
  return found.has_value();
}

}  // namespace postrider::events
