#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "events/reader_hit.h"
#include "links/machine_rules.h"

namespace postrider::links {
namespace {

using events::Event;
using events::Type;

/// The first delivery; nothing: there was none so far.
std::optional<Time> delivered_at(std::span<const Event> story) {
  const auto found = std::ranges::find(story, Type::delivered, &Event::type);
  return found == story.end() ? std::nullopt : std::optional(found->time);
}

/// As it was told last, by the event's sequence.
std::map<std::uint64_t, std::string> verdicts_in(std::span<const Event> story) {
  std::map<std::uint64_t, std::string> told;
  for (const Event& event : story) {
    if (events::is_hit(event.type)) {
      told[event.sequence] = event.machine;
    } else if (event.type == Type::reassessed) {
      told[event.about_event] = event.machine == "none" ? "" : event.machine;
    }
  }
  return told;
}

/// Clicks that lie within a stretch of time in which enough different links were followed.
std::set<std::uint64_t> in_bursts(const std::vector<const Event*>& clicks, std::size_t links,
                                  const Timing& timing) {
  constexpr std::size_t kSeveral = 2;
  std::set<std::uint64_t> found;
  for (std::size_t first = 0; first < clicks.size(); ++first) {
    std::set<std::string_view> urls;
    std::size_t end = first;
    while (end < clicks.size() && clicks[end]->time - clicks[first]->time <= timing.burst_within) {
      urls.insert(clicks[end++]->url);
    }
    const bool are_all = links >= kSeveral && urls.size() >= links;
    if (urls.size() >= timing.burst_links || are_all) {
      for (std::size_t i = first; i < end; ++i) {
        found.insert(clicks[i]->sequence);
      }
    }
  }
  return found;
}

/// Clicks from a data centre on what was followed from elsewhere at about the same time.
std::set<std::uint64_t> beside_a_person(const std::vector<const Event*>& clicks,
                                        const Timing& timing) {
  const auto is_of_gateway = [&](const Event& click) {
    return std::ranges::count(timing.twin_asn, click.asn) != 0;
  };
  std::set<std::uint64_t> found;
  for (const Event* click : clicks) {
    const bool has_twin = std::ranges::any_of(clicks, [&](const Event* other) {
      const Duration apart = std::chrono::abs(other->time - click->time);
      return other->url == click->url && other->asn != 0 && !is_of_gateway(*other) &&
             apart <= timing.twin_within;
    });
    if (has_twin && is_of_gateway(*click)) {
      found.insert(click->sequence);
    }
  }
  return found;
}

}  // namespace

std::vector<Reassessment> reassess(std::span<const Event> story, std::size_t links,
                                   const Timing& timing) {
  const std::optional<Time> delivered = delivered_at(story);
  const bool is_ours = !story.empty() && story.front().type == Type::accepted;
  std::vector<const Event*> clicks;
  for (const Event& event : story) {
    if (event.type == Type::clicked) {
      clicks.push_back(&event);
    }
  }
  std::ranges::sort(clicks, {},
                    [](const Event* event) { return std::pair(event->time, event->sequence); });
  const std::set<std::uint64_t> bursts = in_bursts(clicks, links, timing);
  const std::set<std::uint64_t> twins = beside_a_person(clicks, timing);
  std::map<std::uint64_t, std::string> told = verdicts_in(story);

  std::vector<Reassessment> changes;
  for (const Event& event : story) {
    // A machine that named itself stays what it said.
    if (!events::is_hit(event.type) || !event.machine.empty()) {
      continue;
    }
    const bool may_change = !delivered || event.time <= *delivered + timing.settled_after;
    Verdict verdict;
    if (may_change && bursts.contains(event.sequence)) {
      verdict = {
          .machine = Machine::scanner, .reason = "burst", .confidence = timing.burst_confidence};
    } else if (may_change && is_ours &&
               (!delivered || event.time <= *delivered + timing.after_delivery)) {
      verdict = {.machine = Machine::scanner,
                 .reason = "at-delivery",
                 .confidence = timing.after_delivery_confidence};
    } else if (may_change && twins.contains(event.sequence)) {
      verdict = {
          .machine = Machine::scanner, .reason = "twin", .confidence = timing.twin_confidence};
    }
    const std::string machine =
        verdict.machine == Machine::none ? "" : std::string(to_string(verdict.machine));
    if (machine != told[event.sequence]) {
      changes.push_back(
          {.sequence = event.sequence, .was = told[event.sequence], .verdict = verdict});
    }
  }
  return changes;
}

}  // namespace postrider::links
