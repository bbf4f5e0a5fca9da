#include "links/machine_judge.h"

#include <algorithm>
#include <array>
#include <vector>

#include "events/reader_hit.h"

namespace postrider::links {
namespace {

using events::Event;
using events::Type;

constexpr std::size_t kStoryEvents = 200;

Event event_of(const Reassessment& change, const Event& about, Time now) {
  Event event;
  event.type = Type::reassessed;
  event.time = now;
  event.account = about.account;
  event.message = about.message;
  event.recipient = about.recipient;
  event.to = about.to;
  event.stream = about.stream;
  event.from_domain = about.from_domain;
  event.campaign = about.campaign;
  event.url = about.url;
  event.link = about.link;
  event.about_event = change.sequence;
  event.machine = to_string(change.verdict.machine);
  event.machine_was = change.was.empty() ? "none" : change.was;
  event.machine_reason = change.verdict.reason;
  event.confidence = change.verdict.confidence;
  return event;
}

}  // namespace

std::span<const Type> MachineJudge::wants() const {
  static constexpr std::array kWanted{Type::opened, Type::clicked};
  return kWanted;
}

Result<> MachineJudge::take(std::span<const Event> events, store::Step& step) {
  const Timing timing = ask_timing_();
  std::set<RecipientId> recipients;
  for (const Event& event : events) {
    if (event.recipient.exists() && events::is_hit(event.type)) {
      recipients.insert(event.recipient);
    }
  }
  for (const RecipientId recipient : recipients) {
    TRY_VOID(judge(recipient, events.back().time, timing, step));
  }
  return {};
}

Result<> MachineJudge::judge(RecipientId recipient, Time now, const Timing& timing,
                             store::Step& step) const {
  // What lies behind this batch, too: where it begins again, that is what was told before.
  TRY(const events::Page page, events_.first_about(recipient, kStoryEvents));
  const std::vector<Event>& story = page.events;
  const auto hit =
      std::ranges::find_if(story, [](const Event& event) { return events::is_hit(event.type); });
  if (hit == story.end()) {
    return {};
  }
  TRY(const std::optional<TrackedMessage> message, links_.read(hit->message));
  for (const Reassessment& change :
       reassess(story, message ? message->targets.size() : 0, timing)) {
    const auto about = std::ranges::find(story, change.sequence, &Event::sequence);
    events_.append(step, event_of(change, *about, now));
  }
  return {};
}

}  // namespace postrider::links
