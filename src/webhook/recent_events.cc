#include "webhook/recent_events.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"

namespace postrider::webhook {
namespace {

constexpr std::uint64_t kBlock = 256;
constexpr std::size_t kKept = 16;

}  // namespace

Result<std::shared_ptr<const RecentEvents::Block>> RecentEvents::block_with(std::uint64_t from) {
  const std::uint64_t first = from - from % kBlock;
  const std::uint64_t end = std::min(first + kBlock, events_.last_sequence() + 1);
  const auto found = std::ranges::find(kept_, first, &Kept::first);
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    if (found->block->next >= end) {
      return found->block;
    }
  }
  auto block = found != kept_.end() ? std::make_shared<Block>(*found->block)
                                    : std::make_shared<Block>(Block{.next = first, .events = {}});
  TRY(events::Page page, events_.read(block->next, end - std::min(block->next, end)));
  for (events::Event& event : page.events) {
    if (event.sequence < end) {  // what lies behind is not durable yet, or of another block
      block->events.push_back(std::make_shared<const events::Event>(std::move(event)));
    }
  }
  if (page.unreadable > 0) {
    log::error("events that can't be read are skipped", {{"consumer", "webhooks"},
                                                         {"count", std::to_string(page.unreadable)},
                                                         {"before", std::to_string(page.next)}});
  }
  block->next = std::max(end, block->next);
  if (found != kept_.end()) {
    found->block = block;
  } else {
    kept_.push_front({.first = first, .block = block});
    if (kept_.size() > kKept) {
      kept_.pop_back();
    }
  }
  return std::shared_ptr<const Block>(std::move(block));
}

}  // namespace postrider::webhook
