#include "statistics/row_age.h"

#include "base/bytes.h"
#include "base/ids.h"
#include "statistics/reader_set.h"
#include "statistics/rows.h"

namespace postrider::statistics {

std::optional<Time> time_of_row(std::string_view key) {
  if (const std::optional<RecipientId> recipient = ReaderSet::recipient_of_key(key)) {
    return time_of(*recipient);
  }
  const std::optional<RowName> name = parse_key(key);
  return name ? std::optional(Time(std::chrono::hours(name->begin))) : std::nullopt;
}

}  // namespace postrider::statistics
