#include "events/damage.h"

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"

namespace postrider::events {
namespace {

constexpr std::size_t kNamed = 10;  // in one event

std::string key_of(std::uint64_t sequence) {
  std::string key;
  put_u64(key, sequence);
  return key;
}

std::string text_of(std::span<const std::uint64_t> sequences) {
  std::string text =
      std::to_string(sequences.size()) + (sequences.size() == 1 ? " event" : " events") +
      " of the log can't be read and " + (sequences.size() == 1 ? "was" : "were") + " set aside:";
  for (const std::uint64_t sequence : sequences.first(std::min(sequences.size(), kNamed))) {
    text += " " + std::to_string(sequence);
  }
  return text + (sequences.size() > kNamed ? " ..." : "");
}

}  // namespace

Result<> Damage::set_aside(std::span<const std::uint64_t> sequences, Time now, store::Step& step) {
  std::vector<std::uint64_t> fresh;
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t sequence : sequences) {
    const std::string key = key_of(sequence);
    // As the spool's recovery keys it: the table, then the key.
    const std::string kept = std::string(1, static_cast<char>(store::Table::event)) + key;
    TRY(const std::optional<std::string> known, store_.get(store::Table::set_aside, kept));
    if (known || seen_.contains(sequence)) {
      continue;
    }
    TRY(std::optional<std::string> record, store_.get(store::Table::event, key));
    step.put(store::Table::set_aside, kept, std::move(record).value_or(std::string()));
    fresh.push_back(sequence);
  }
  if (fresh.empty()) {
    return {};
  }
  seen_.insert(fresh.begin(), fresh.end());
  const std::string text = text_of(fresh);
  log::error(text);
  Event event;
  event.type = Type::operational;
  event.time = now;
  event.what = "event_set_aside";
  event.detail = text;
  events_.append(step, event);
  return {};
}

}  // namespace postrider::events
