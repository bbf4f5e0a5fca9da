#include "retention/sweep.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "search/row_place.h"
#include "statistics/row_age.h"
#include "webhook/records.h"

namespace postrider::retention {

using store::Table;

namespace {

constexpr std::size_t kStepRows = 20'000;

// A recipient's row may look older than its first event: it tells the second alone, and clocks are
// set back. What is found there and has no event any more is left out of the answer.
constexpr Duration kLaterThanEvents = std::chrono::days(1);

}  // namespace

Sweep::Sweep(Parts parts, const Options& options, Time now, Time oldest, Duration log_for)
    : parts_(std::move(parts)),
      snapshot_(parts_.directory.snapshot()),
      now_(now),
      events_from_(std::max(oldest - kLaterThanEvents, now - options.events_max)),
      counters_from_(now - options.counters),
      log_for_(log_for) {}

Result<bool> Sweep::step() {
  bool has_more = false;
  switch (stage_) {
    case 0: {
      TRY(has_more, sweep(Table::search, [this](std::string_view key) {
            const std::optional<search::RowPlace> place = search::place_of(key);
            return place && place->accepted < horizon_of(place->account);
          }));
      break;
    }
    case 1: {
      TRY(has_more, sweep(Table::counter, [this](std::string_view key) {
            const std::optional<Time> time = statistics::time_of_row(key);
            return time && *time < counters_from_;
          }));
      break;
    }
    case 2:
      TRY_VOID(trim_webhooks());
      break;
    default:
      return false;
  }
  if (!has_more) {
    ++stage_;
    place_.clear();
  }
  return true;
}

Time Sweep::horizon_of(AccountId account) const {
  const directory::Account* found = snapshot_->account(account);
  return found != nullptr && found->retention.events
             ? std::max(events_from_, now_ - *found->retention.events)
             : events_from_;
}

Result<bool> Sweep::sweep(Table table, const IsOld& is_old) {
  store::Step step;
  std::size_t looked_at = 0;
  TRY_VOID(
      parts_.store.scan(table, place_, {}, [&](std::string_view key, std::string_view /*value*/) {
        if (looked_at++ == kStepRows) {
          place_ = key;
          return false;
        }
        if (is_old(key)) {
          step.erase(table, std::string(key));
        }
        return true;
      }));
  if (!step.empty()) {
    TRY_VOID(parts_.commit(std::move(step)));
  }
  return looked_at > kStepRows;
}

Result<> Sweep::trim_webhooks() {
  store::Step step;
  for (const auto& endpoint : snapshot_->webhooks()) {
    TRY_VOID(webhook::trim_requests(parts_.store, step, endpoint->id, now_ - log_for_));
  }
  return step.empty() ? Result<>() : parts_.commit(std::move(step));
}

}  // namespace postrider::retention
