#include "retention/sweep.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
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

/// Of what is set aside, by the table that it comes from; nothing: it stays.
std::optional<std::uint64_t> number_of(std::string_view key, Table table) {
  Reader reader(key);
  const bool is_from = reader.u8() == static_cast<std::uint8_t>(table);
  const std::uint64_t number = reader.u64();
  return is_from && reader.ok() ? std::optional(number) : std::nullopt;
}

std::string message_key(MessageId id) {
  std::string key;
  put_u64(key, id.value);
  return key;
}

}  // namespace

Sweep::Sweep(Parts parts, const Options& options, Time now, Oldest oldest, Duration log_for)
    : parts_(std::move(parts)),
      snapshot_(parts_.directory.snapshot()),
      now_(now),
      events_from_(std::max(oldest.time - kLaterThanEvents, now - options.events_max)),
      counters_from_(now - options.counters),
      log_for_(log_for),
      first_event_(oldest.sequence),
      first_message_{first_id_at(now - options.events_max).value} {}

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
    case 3: {
      TRY(has_more, sweep_set_aside());
      break;
    }
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

Result<bool> Sweep::sweep_set_aside() {
  store::Step step;
  std::size_t looked_at = 0;
  TRY_VOID(parts_.store.scan(
      Table::set_aside, place_, {}, [&](std::string_view key, std::string_view /*record*/) {
        if (looked_at++ == kStepRows) {
          place_ = key;
          return false;
        }
        const auto event = number_of(key, Table::event);
        const auto message = number_of(key, Table::meta);
        const auto recipient = number_of(key, Table::recipient);
        if (event.value_or(first_event_) < first_event_ ||
            message.value_or(first_message_.value) < first_message_.value ||
            recipient.value_or(first_message_.value) < first_message_.value) {
          step.erase(Table::set_aside, std::string(key));
        }
        if (message.value_or(first_message_.value) < first_message_.value) {
          step.erase(Table::body, message_key(MessageId{*message}));
        }
        return true;
      }));
  if (!step.empty()) {
    TRY_VOID(parts_.commit(std::move(step)));
  }
  return looked_at > kStepRows;
}

}  // namespace postrider::retention
