#include "health/monitor.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <set>
#include <tuple>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/log.h"
#include "base/text.h"
#include "events/fields.h"
#include "events/report_of_ours.h"

namespace postrider::health {

using directory::BulkPause;
using events::Event;
using events::Type;
using store::Table;

namespace {

constexpr std::chrono::hours kTellAgain{24};
constexpr std::chrono::hours kSweepEvery{1};
constexpr std::size_t kRowsMost = 10'000;   // of a batch
constexpr std::size_t kSweptMost = 10'000;  // rows: a step stays small, the next hour takes more

bool is_counted(const Event& event) {
  return event.account.exists() && !events::is_report_of_ours(event);
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

Event operational(const RowName& name, std::string what, std::string detail, Time now) {
  Event event;
  event.type = Type::operational;
  event.time = now;
  event.account = name.account;
  event.stream = to_string(name.stream);
  event.site = name.site;
  event.user = directory::kByItself;
  event.what = std::move(what);
  event.detail = std::move(detail);
  return event;
}

std::string name_of(const directory::Snapshot& directory, AccountId id) {
  const directory::Account* account = directory.account(id);
  return account == nullptr ? to_string(id) : account->name;
}

}  // namespace

/// The mail of a batch that one row is about, of each minute.
struct Monitor::Group {
  AccountId account;
  Stream stream = Stream::bulk;
  std::string site;
  std::vector<std::pair<std::int64_t, Tally>> by_minute;

  RowName name() const { return {.account = account, .stream = stream, .site = site}; }
  void add(std::int64_t minute, const Tally& tally) {
    const auto place = std::ranges::find(by_minute.rbegin(), by_minute.rend(), minute,
                                         &std::pair<std::int64_t, Tally>::first);
    if (place == by_minute.rend()) {
      by_minute.emplace_back(minute, tally);
    } else {
      place->second += tally;
    }
  }
};

class Monitor::Groups {
 public:
  std::shared_ptr<const directory::Snapshot> directory;  ///< as it was when the batch began

  Group& of(AccountId account, Stream stream, std::string_view site) {
    if (const auto found = places_.find(Name{account, stream, site}); found != places_.end()) {
      return groups_[found->second];
    }
    Group& group = groups_.emplace_back(
        Group{.account = account, .stream = stream, .site = std::string(site), .by_minute = {}});
    places_.emplace(Name{account, stream, group.site}, groups_.size() - 1);
    return group;
  }
  std::size_t size() const { return groups_.size(); }

  /// Of an account and stream, all sites in front of each: of both, it is told of.
  std::vector<const Group*> in_order() const {
    std::vector<const Group*> all;
    all.reserve(groups_.size());
    for (const Group& group : groups_) {
      all.push_back(&group);
    }
    std::ranges::sort(all, {}, [](const Group* group) {
      return std::tuple(group->account, group->stream, std::string_view(group->site));
    });
    return all;
  }

  void clear() {
    places_.clear();
    groups_.clear();
    directory.reset();
  }

 private:
  struct Name {
    AccountId account;
    Stream stream = Stream::bulk;
    std::string_view site;

    bool operator==(const Name&) const = default;
  };
  struct HashOf {
    std::size_t operator()(const Name& name) const {
      return std::hash<std::string_view>()(name.site) ^
             (name.account.value << 1 | static_cast<std::uint64_t>(name.stream));
    }
  };
  std::deque<Group> groups_;  // stay where they are
  boost::unordered_flat_map<Name, std::size_t, HashOf> places_;
};

Monitor::Monitor(Parts parts, std::size_t rows_kept)
    : parts_(std::move(parts)), rows_(rows_kept), groups_(std::make_unique<Groups>()) {}
Monitor::~Monitor() = default;

events::FieldSet Monitor::reads() const {
  return events::fields(
      {"time", "account", "message", "recipient", "from", "from_domain", "stream", "site", "kind"});
}

std::span<const Type> Monitor::wants() const {
  static constexpr std::array kWanted{Type::delivered, Type::failed, Type::expired, Type::bounced,
                                      Type::complained};
  return kWanted;
}

void Monitor::forget() {
  groups_->clear();
  rows_.clear();
}

void Monitor::begin_at(std::uint64_t /*next*/, store::Step& step) {
  rows_.clear();
  step.erase_range(Table::health, first_rates_key(), behind_rates());
}

Result<> Monitor::take(std::span<const Event> events, store::Step& /*step*/) {
  if (!groups_->directory) {
    groups_->directory = parts_.directory.snapshot();
  }
  const directory::Snapshot& directory = *groups_->directory;
  for (const Event& event : events) {
    const Tally tally = is_counted(event) ? tally_of(event) : Tally();
    const directory::Account* account = directory.account(event.account);
    if (tally == Tally() || account == nullptr) {
      continue;
    }
    TRY(const Time time, time_of(event));
    if (time < account->bulk_pause.counted_from) {
      continue;
    }
    const auto minutes = std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
    const Stream stream = event.stream == "bulk" ? Stream::bulk : Stream::transactional;
    groups_->of(event.account, stream, {}).add(minutes, tally);
    if (!event.site.empty()) {
      groups_->of(event.account, stream, event.site).add(minutes, tally);
    }
  }
  return {};
}

bool Monitor::is_full() const {
  return groups_->size() >= kRowsMost;
}

Result<> Monitor::finish(store::Step& step) {
  now_ = parts_.clock.now();
  limits_ = parts_.limits();
  TRY_VOID(sweep(step));
  ToldRows told;
  std::set<AccountId> accounts;
  for (const Group* const group : groups_->in_order()) {
    const RowName name = group->name();
    std::string key = rates_key(name);
    TRY(Rates* const rates,
        row(key, groups_->directory->account(name.account)->bulk_pause.counted_from));
    for (const auto& [minute, tally] : group->by_minute) {
      rates->add(Time(std::chrono::minutes(minute)), tally, now_);
    }
    step.put(Table::health, std::move(key), rates->encode());
    TRY_VOID(judge_row(name, *rates, told, step));
    accounts.insert(name.account);
  }
  groups_->clear();
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
      step, operational(name, "account_does_badly",
                        "the mail of account " + account + " does badly: " + what, now_));
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
Result<> Monitor::tell_pauses(const std::set<AccountId>& accounts, ToldRows& told,
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
        step, operational({.account = id, .stream = Stream::bulk, .site = {}}, "bulk_paused",
                          "the bulk mail of account " + account->name + " is paused: " + pause.why +
                              "; `postrider account resume " + account->name +
                              " --reason ...` lets it go on",
                          now_));
    parts_.figures.pauses.fetch_add(1, std::memory_order_relaxed);
  }
  return {};
}

Result<Rates*> Monitor::row(const std::string& key, Time counted_from) {
  Rates* rates = rows_.find(key);
  if (rates == nullptr) {
    TRY(const std::optional<std::string> record, parts_.store.get(Table::health, key));
    Rates found(counted_from);
    if (record) {
      if (Result<Rates> read = Rates::decode(*record)) {
        found = *std::move(read);
      } else {
        log::error("a row of an account's health can't be read and begins again at nothing",
                   {{"row", hex(key)}});
      }
    }
    rates = &rows_.keep(key, std::move(found));
  }
  if (rates->counted_from() != counted_from) {
    *rates = Rates(counted_from);  // a person has let its bulk mail go on since
  }
  return rates;
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
