#include "health/monitor.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace postrider::health {

using directory::BulkPause;
using events::Event;
using events::Type;
using store::Table;

namespace {

constexpr std::chrono::hours kTellAgain{24};
constexpr std::chrono::hours kSweepEvery{1};
constexpr std::size_t kSweptMost = 10'000;  // rows: a step stays small, the next hour takes more

bool is_counted(const Event& event) {
  const bool is_report_of_ours = event.from_domain.empty() && event.from.empty();
  return event.account.exists() && !is_report_of_ours;
}

/// Nothing where it changes no figure.
Tally tally_of(const Event& event) {
  const bool is_hard = event.kind == "hard";
  switch (event.type) {
    case Type::delivered:
      return {.ended = 1, .delivered = 1};
    case Type::failed:
      return {.ended = 1, .hard = is_hard ? 1U : 0U};
    case Type::expired:
      return {.ended = 1};
    case Type::bounced:
      return {.hard = is_hard ? 1U : 0U};
    case Type::complained:
      return {.complaints = 1};
    default:
      return {};
  }
}

Event operational(const RowName& name, std::string detail, Time now) {
  Event event;
  event.type = Type::operational;
  event.time = now;
  event.account = name.account;
  event.stream = to_string(name.stream);
  event.site = name.site;
  event.user = directory::kByItself;
  event.detail = std::move(detail);
  return event;
}

std::string name_of(const directory::Snapshot& directory, AccountId id) {
  const directory::Account* account = directory.account(id);
  return account == nullptr ? to_string(id) : account->name;
}

}  // namespace

std::span<const Type> Monitor::wants() const {
  static constexpr std::array kWanted{Type::delivered, Type::failed, Type::expired, Type::bounced,
                                      Type::complained};
  return kWanted;
}

void Monitor::forget() {
  rows_.clear();
}

void Monitor::begin_at(std::uint64_t /*next*/, store::Step& step) {
  rows_.clear();
  step.erase_range(Table::health, first_rates_key(), behind_rates());
}

Result<> Monitor::take(std::span<const Event> events, store::Step& step) {
  now_ = parts_.clock.now();
  limits_ = parts_.limits();
  const auto directory = parts_.directory.snapshot();
  TRY_VOID(sweep(step));
  std::map<Group, Tally> groups;
  for (const Event& event : events) {
    const Tally tally = is_counted(event) ? tally_of(event) : Tally();
    const directory::Account* account = directory->account(event.account);
    if (tally == Tally() || account == nullptr) {
      continue;
    }
    TRY(const Time time, time_of(event));
    if (time < account->bulk_pause.counted_from) {
      continue;
    }
    const auto minutes = std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
    Group group{.name = {.account = event.account,
                         .stream = event.stream == "bulk" ? Stream::bulk : Stream::transactional,
                         .site = {}},
                .minutes = minutes};
    groups[group] += tally;
    if (!event.site.empty()) {
      group.name.site = event.site;
      groups[group] += tally;
    }
  }
  if (rows_.size() + groups.size() > rows_kept_) {
    rows_.clear();
  }
  ToldRows told;
  std::vector<AccountId> accounts;
  for (auto group = groups.begin(); group != groups.end();) {
    const RowName name = group->first.name;
    TRY(Rates* const rates, row(name, directory->account(name.account)->bulk_pause.counted_from));
    for (; group != groups.end() && group->first.name == name; ++group) {
      rates->add(Time(std::chrono::minutes(group->first.minutes)), group->second, now_);
    }
    step.put(Table::health, rates_key(name), rates->encode());
    TRY_VOID(judge_row(name, *rates, told, step));
    if (accounts.empty() || accounts.back() != name.account) {
      accounts.push_back(name.account);
    }
  }
  TRY_VOID(tell_pauses(accounts, told, step));
  for (const auto& [key, one] : told) {
    step.put(Table::health, key, encode(one));
  }
  return {};
}

/// When the mail was tried for the last time: a late bounce and a complaint come hours after that.
Result<Time> Monitor::time_of(const Event& event) const {
  if (event.type != Type::bounced && event.type != Type::complained) {
    return event.time;
  }
  static constexpr std::array kDelivered{Type::delivered};
  TRY(const events::Page page,
      parts_.events.about(MessageId{event.recipient.value}, 1, kDelivered));
  const auto found = std::ranges::find(page.events, event.recipient, &Event::recipient);
  return found == page.events.end() ? event.time : found->time;
}

Result<> Monitor::judge_row(const RowName& name, const Rates& rates, ToldRows& told,
                            store::Step& step) {
  for (const Finding& finding : judge(rates, limits_, now_)) {
    const bool pauses = finding.level == Level::pause && name.stream == Stream::bulk;
    if (pauses) {
      TRY_VOID(pause_bulk(name, finding));
    } else {
      TRY_VOID(warn(name, finding, told, step));
    }
  }
  return {};
}

Result<> Monitor::warn(const RowName& name, const Finding& finding, ToldRows& told,
                       store::Step& step) {
  TRY(Told* const before, told_of(told_key(name.account, name.stream), told));
  Time& last = finding.measure == Measure::bounces ? before->bounces : before->complaints;
  const bool was_told = last != Time() && now_ - last < kTellAgain && now_ >= last;
  if (was_told) {
    return {};
  }
  last = now_;
  const std::string account = name_of(*parts_.directory.snapshot(), name.account);
  const std::string what = explain(finding, to_string(name.stream), name.site);
  log::warning("an account's mail does badly", {{"account", account}, {"what", what}});
  parts_.events.append(
      step, operational(name, "the mail of account " + account + " does badly: " + what, now_));
  parts_.figures.warnings.fetch_add(1, std::memory_order_relaxed);
  return {};
}

Result<> Monitor::pause_bulk(const RowName& name, const Finding& finding) {
  const auto directory = parts_.directory.snapshot();
  const directory::Account* account = directory->account(name.account);
  if (account == nullptr || account->bulk_pause.is_paused) {
    return {};
  }
  // Of the directory as it is by then: what a person has said meanwhile holds.
  const Time counted_from = account->bulk_pause.counted_from;
  const auto change = [&](BulkPause& pause) {
    if (!pause.is_paused && pause.counted_from == counted_from) {
      pause.is_paused = true;
      pause.changed = now_;
      pause.by = directory::kByItself;
      pause.why = explain(finding, to_string(name.stream), name.site);
    }
  };
  TRY_VOID(parts_.directory.change_account(account->name, {.bulk_pause = change}),
           "pausing the bulk mail of account " + account->name);
  if (parts_.pauses_changed) {
    parts_.pauses_changed();
  }
  return {};
}

/// Also of a pause that a batch before this one has made, and could not tell of.
Result<> Monitor::tell_pauses(std::span<const AccountId> accounts, ToldRows& told,
                              store::Step& step) {
  const auto directory = parts_.directory.snapshot();
  for (const AccountId id : accounts) {
    const directory::Account* account = directory->account(id);
    if (account == nullptr || !account->bulk_pause.is_paused ||
        account->bulk_pause.by != directory::kByItself) {
      continue;
    }
    const BulkPause& pause = account->bulk_pause;
    TRY(Told* const before, told_of(told_key(id, Stream::bulk), told));
    if (before->pause == pause.changed) {
      continue;
    }
    before->pause = pause.changed;
    log::warning("an account's bulk mail is paused",
                 {{"account", account->name}, {"why", pause.why}});
    parts_.events.append(
        step, operational({.account = id, .stream = Stream::bulk, .site = {}},
                          "the bulk mail of account " + account->name + " is paused: " + pause.why +
                              "; `postrider account resume " + account->name +
                              " --reason ...` lets it go on",
                          now_));
    parts_.figures.pauses.fetch_add(1, std::memory_order_relaxed);
  }
  return {};
}

Result<Rates*> Monitor::row(const RowName& name, Time counted_from) {
  const std::string key = rates_key(name);
  auto found = rows_.find(key);
  if (found == rows_.end()) {
    TRY(const std::optional<std::string> record, parts_.store.get(Table::health, key));
    Rates rates(counted_from);
    if (record) {
      if (Result<Rates> read = Rates::decode(*record)) {
        rates = *std::move(read);
      } else {
        log::error("a row of an account's health can't be read and begins again at nothing",
                   {{"row", hex(key)}});
      }
    }
    found = rows_.emplace(key, std::move(rates)).first;
  }
  if (found->second.counted_from() != counted_from) {
    found->second = Rates(counted_from);  // a person has let its bulk mail go on since
  }
  return &found->second;
}

Result<Told*> Monitor::told_of(const std::string& key, ToldRows& told) const {
  if (const auto found = told.find(key); found != told.end()) {
    return &found->second;
  }
  TRY(const std::optional<std::string> record, parts_.store.get(Table::health, key));
  Told before;
  if (record) {
    if (const Result<Told> read = decode_told(*record)) {
      before = *read;
    } else {
      log::error("what was told is told again", {{"why", read.error().text()}});
    }
  }
  return &told.emplace(key, before).first->second;
}

/// Takes out the rows of sites that nothing has gone to for a week.
Result<> Monitor::sweep(store::Step& step) {
  if (swept_ && now_ >= *swept_ && now_ - *swept_ < kSweepEvery) {
    return {};
  }
  swept_ = now_;
  rows_.clear();
  std::size_t swept = 0;
  return parts_.store.scan(Table::health, first_rates_key(), behind_rates(),
                           [&](std::string_view key, std::string_view record) {
                             const Result<Rates> rates = Rates::decode(record);
                             if (!rates || rates->is_over(now_)) {
                               step.erase(Table::health, std::string(key));
                               ++swept;
                             }
                             return swept < kSweptMost;
                           });
}

}  // namespace postrider::health
