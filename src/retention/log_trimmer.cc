#include "retention/log_trimmer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "base/text.h"
#include "events/event.h"
#include "events/event_store.h"
#include "events/log_extent.h"

namespace postrider::retention {

using events::Event;
using store::Step;
using store::Table;

namespace {

constexpr std::size_t kStepEvents = 2000;
constexpr std::size_t kLookedAt = 10'000;        // of those that mostly stay
constexpr double kBelowBudget = 0.97;            // it is brought to that, so that it has peace
constexpr std::uint64_t kRoundMost = 1'000'000;  // events, so that compacting takes seconds
constexpr std::uint64_t kCompactFrom = 10'000;   // events gone; fewer wait for company
constexpr std::chrono::hours kAlertAgain{24};
constexpr Time kUnknown = Time::min();  // of a record that can't be read: it goes with the others

std::string key_of(std::uint64_t number) {
  std::string key;
  put_u64(key, number);
  return key;
}

/// As it was appended: the index may have an entry for it (events/event_store.cc).
void erase(Step& step, std::uint64_t sequence, const std::optional<Event>& event) {
  step.erase(Table::event, key_of(sequence));
  if (event) {
    const std::uint64_t about =
        event->recipient.exists() ? event->recipient.value : event->message.value;
    if (about != 0) {
      step.erase(Table::event_about, key_of(about) + key_of(sequence));
    }
  }
}

/// Calls `take` with each in [from, until), in order, until it says false.
Result<> look(const store::Store& store, std::uint64_t from, std::uint64_t until,
              const std::function<bool(std::uint64_t, const std::optional<Event>&)>& take) {
  return store.scan(Table::event, key_of(from), key_of(until),
                    [&](std::string_view key, std::string_view record) {
                      const std::uint64_t sequence = Reader(key).u64();
                      Result<Event> event = events::decode(sequence, record);
                      return take(sequence,
                                  event ? std::optional(*std::move(event)) : std::nullopt);
                    });
}

Result<std::optional<Time>> time_at(const store::Store& store, std::uint64_t from) {
  std::optional<Time> time;
  TRY_VOID(look(store, from, store.last_sequence() + 1,
                [&](std::uint64_t /*sequence*/, const std::optional<Event>& event) {
                  time = event ? event->time : kUnknown;
                  return !event;
                }));
  return time;
}

}  // namespace

Result<> LogTrimmer::open() {
  TRY(const std::uint64_t first, events::first_sequence(parts_.store));
  first_ = first;
  return {};
}

std::uint64_t LogTrimmer::bytes() const {
  return parts_.store.bytes_of(Table::event) + parts_.store.bytes_of(Table::event_about);
}

Result<bool> LogTrimmer::step(const Options& options) {
  if (!round_) {
    TRY(round_, plan(options));
  }
  if (round_) {
    return trim(options);
  }
  find_shorter(options);
  return trim_shorter();
}

Result<std::optional<LogTrimmer::Round>> LogTrimmer::plan(const Options& options) const {
  const std::uint64_t last = parts_.store.last_sequence();
  if (first_ >= last) {
    return std::optional<Round>();
  }
  const auto present = static_cast<double>(bytes());
  const auto budget = static_cast<double>(options.events_budget_bytes);
  if (present > budget) {
    const double share = (present - kBelowBudget * budget) / present;
    const auto count = static_cast<std::uint64_t>(static_cast<double>(last - first_) * share) + 1;
    const std::uint64_t until = std::min(first_ + std::min(count, kRoundMost), last);
    return std::optional(Round{.until = until, .is_forced = true});
  }
  TRY(const std::optional<Time> oldest, time_at(parts_.store, first_));
  if (!oldest || *oldest >= parts_.clock.now() - options.events_max) {
    return std::optional<Round>();
  }
  TRY(const std::uint64_t read, read_by_all());
  const std::uint64_t until = std::min({read, last, first_ + kRoundMost});
  return until > first_ ? std::optional(Round{.until = until}) : std::optional<Round>();
}

Result<std::uint64_t> LogTrimmer::read_by_all() const {
  TRY(const std::vector<LogReader> readers, parts_.readers());
  std::uint64_t read = std::numeric_limits<std::uint64_t>::max();
  for (const LogReader& reader : readers) {
    read = reader.is_served ? std::min(read, reader.next) : read;
  }
  return read;
}

Result<bool> LogTrimmer::trim(const Options& options) {
  const Time horizon = parts_.clock.now() - options.events_max;
  Round& round = *round_;
  Step step;
  std::uint64_t next = round.until;
  std::uint64_t gone = 0;
  bool is_through = true;
  Time youngest = round.youngest;
  TRY_VOID(look(parts_.store, first_, round.until,
                [&](std::uint64_t sequence, const std::optional<Event>& event) {
                  const bool stays = !round.is_forced && event && event->time >= horizon;
                  if (stays || gone == kStepEvents) {
                    next = sequence;
                    is_through = stays;
                    return false;
                  }
                  erase(step, sequence, event);
                  youngest = event ? std::max(youngest, event->time) : youngest;
                  ++gone;
                  return true;
                }));
  if (!step.empty()) {
    TRY_VOID(parts_.commit(std::move(step)));
  }
  first_ = next;
  trimmed_ += gone;
  round.gone += gone;
  round.youngest = youngest;
  if (is_through) {
    TRY_VOID(end_round(options));
  }
  return true;
}

Result<> LogTrimmer::end_round(const Options& options) {
  const Round done = *std::exchange(round_, std::nullopt);
  TRY(const std::vector<LogReader> readers, parts_.readers());
  for (const LogReader& reader : readers) {
    if (reader.next < first_) {
      parts_.lose(reader, first_);
    }
  }
  if (done.is_forced && done.youngest > parts_.clock.now() - options.events_min) {
    TRY_VOID(alert(done.youngest, options));
  }
  log::info("old events have gone", {{"count", std::to_string(done.gone)},
                                     {"why", done.is_forced ? "the budget" : "their age"},
                                     {"first", std::to_string(first_)}});
  if (!done.is_forced && done.gone < kCompactFrom) {
    return {};
  }
  TRY_VOID(parts_.store.compact(Table::event, key_of(first_)));
  // Of the index nearly all that has gone is about recipients from before that time.
  TRY(const std::optional<Time> oldest, time_at(parts_.store, first_));
  const Time until = oldest.value_or(parts_.clock.now()) + std::chrono::hours(1);
  return parts_.store.compact(Table::event_about, key_of(first_id_at(until).value));
}

Result<> LogTrimmer::alert(Time youngest, const Options& options) {
  const Time now = parts_.clock.now();
  if (alerted_ && now - *alerted_ < kAlertAgain && now >= *alerted_) {
    return {};
  }
  alerted_ = now;
  Event event;
  event.type = events::Type::operational;
  event.time = now;
  event.what = "events_gone_early";
  event.detail = "events younger than retention.events_min had to go, up to those of " +
                 format_time(youngest) + ": the log is larger than retention.events_budget (" +
                 std::to_string(options.events_budget_bytes) +
                 " bytes); give it more room, or a shorter events_min if that is what you want";
  log::error("events had to go before their time", {{"what", event.detail}});
  Step step;
  events::make_event_store(parts_.store)->append(step, event);
  return parts_.commit(std::move(step));
}

void LogTrimmer::find_shorter(const Options& options) {
  ByDays wanted;
  const auto snapshot = parts_.directory.snapshot();
  for (const directory::Account* account : snapshot->accounts()) {
    if (account->retention.events && *account->retention.events < options.events_max) {
      wanted[*account->retention.events].accounts.insert(account->id);
    }
  }
  for (auto& [days, shorter] : wanted) {
    const auto known = shorter_.find(days);
    if (known != shorter_.end() && known->second.accounts == shorter.accounts) {
      shorter.next = known->second.next;
    }
  }
  shorter_ = std::move(wanted);
}

Result<bool> LogTrimmer::trim_shorter() {
  TRY(const std::uint64_t read, read_by_all());
  const std::uint64_t until = std::min(read, parts_.store.last_sequence());
  bool has_more = false;
  for (auto& [days, shorter] : shorter_) {
    const Time horizon = parts_.clock.now() - days;
    const std::uint64_t from = std::max(shorter.next, first_.load());
    Step step;
    std::uint64_t next = until;
    std::size_t looked_at = 0;
    std::uint64_t gone = 0;
    TRY_VOID(look(parts_.store, from, until,
                  [&](std::uint64_t sequence, const std::optional<Event>& event) {
                    if ((event && event->time >= horizon) || looked_at++ == kLookedAt) {
                      next = sequence;
                      return false;
                    }
                    if (event && shorter.accounts.contains(event->account)) {
                      erase(step, sequence, event);
                      ++gone;
                    }
                    return true;
                  }));
    if (gone > 0) {
      events::note_gaps(step);
      TRY_VOID(parts_.commit(std::move(step)));
      trimmed_ += gone;
    }
    shorter.next = std::max(from, next);
    has_more = has_more || looked_at > kLookedAt;
  }
  return has_more;
}

}  // namespace postrider::retention
