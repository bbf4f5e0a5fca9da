#include "webhook/round.h"

#include <algorithm>
#include <utility>

namespace postrider::webhook {

using directory::WebhookFormat;

namespace {

constexpr std::size_t kRoundEvents = 500;
constexpr std::size_t kRoundBytes = 512 << 10;
constexpr std::uint64_t kLookedAtMost = 20'000;  // events of the log, without giving others a turn
constexpr std::size_t kBatchEvents = 100;
constexpr std::size_t kBatchBytes = 128 << 10;

std::size_t lane_of(const events::Event& event, std::size_t lanes) {
  return (std::hash<MessageId>()(event.message) >> 32) % lanes;
}

void add(Round& round, const EventPtr& event, std::string text) {
  const std::size_t lane = lane_of(*event, round.lanes.size());
  if (round.open.empty()) {
    round.first_lane = lane;
  }
  round.open.insert(event->sequence);
  round.lanes[lane].push_back({.event = event, .text = std::move(text)});
}

}  // namespace

Result<std::shared_ptr<Round>> gather_round(RecentEvents& recent, const Selection& selection,
                                            WebhookFormat format, const Range& range) {
  auto round = std::make_shared<Round>();
  round->lanes.resize(std::max<std::size_t>(range.lanes, 1));
  round->next = range.from;
  std::size_t bytes = 0;
  const std::uint64_t end = std::min(range.end, range.from + kLookedAtMost);
  while (round->next < end && !round->is_full) {
    TRY(const auto block, recent.block_with(round->next));
    const std::uint64_t from = round->next;
    round->next = std::min(block->next, end);
    for (const EventPtr& event : block->events) {
      if (event->sequence < from || event->sequence >= round->next || !selection.takes(*event) ||
          range.without.contains(event->sequence)) {
        continue;
      }
      if (round->open.size() >= kRoundEvents || bytes >= kRoundBytes) {
        round->is_full = true;
        round->next = event->sequence;
        break;
      }
      std::string text = event_text(format, *event);
      bytes += text.size();
      add(*round, event, std::move(text));
    }
  }
  return round;
}

Batch take_batch(Round& round, std::size_t lane, WebhookFormat format) {
  Batch batch;
  std::size_t bytes = 0;
  const std::size_t most = format == WebhookFormat::mailjet ? 1 : kBatchEvents;
  std::deque<Round::Item>& items = round.lanes[lane];
  while (!items.empty() && batch.events.size() < most &&
         (bytes == 0 || bytes + items.front().text.size() <= kBatchBytes)) {
    bytes += items.front().text.size();
    batch.events.push_back(std::move(items.front().event));
    batch.texts.push_back(std::move(items.front().text));
    items.pop_front();
  }
  return batch;
}

}  // namespace postrider::webhook
