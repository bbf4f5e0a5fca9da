#include "statistics/way.h"

#include <utility>

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
    TRY(events::Page page, events_.first_about(recipient, kEventsRead));
    for (events::Event& event : page.events) {
      if (event.type == events::Type::delivered && !way.delivered) {
        way = {.site = std::move(event.site),
               .source_address = std::move(event.source_address),
               .delivered = event.time};
      }
    }
  }
  return &known_.emplace(recipient.value, std::move(way)).first->second;
}

}  // namespace postrider::statistics
