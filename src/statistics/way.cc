#include "statistics/way.h"

#include <utility>

#include "events/fields.h"

namespace postrider::statistics {
namespace {

constexpr std::size_t kEventsRead = 80;  // a schedule of five days has 62 attempts

}  // namespace

Result<const Way*> Ways::of(RecipientId recipient) {
  if (const auto found = known_.find(recipient.value); found != known_.end()) {
    return &found->second;
  }
  Way way;
  if (recipient.exists()) {
    static constexpr events::FieldSet kWanted = events::fields({"time", "site", "source_address"});
    TRY(std::optional<events::Event> delivered,
        events_.first_about(recipient, events::Type::delivered, kEventsRead, kWanted));
    if (delivered) {
      way = {.site = std::move(delivered->site),
             .source_address = std::move(delivered->source_address),
             .delivered = delivered->time};
    }
  }
  return &known_.emplace(recipient.value, std::move(way)).first->second;
}

}  // namespace postrider::statistics
