#include "statistics/counter.h"

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "events/log_extent.h"
#include "events/reader_hit.h"
#include "statistics/histogram.h"
#include "statistics/rows.h"

namespace postrider::statistics {
namespace {

using events::Event;
using events::Type;

/// What an event's rows are told apart by: many events of a batch have it in common, and are added
/// up before their rows are looked for.
std::string group_of(const Event& event, std::uint32_t hour) {
  std::string group;
  put_u32(group, hour);
  put_u64(group, event.account.value);
  put_bytes(group, event.stream);
  put_bytes(group, event.from_domain);
  put_bytes(group, event.site);
  put_bytes(group, event.source_address);
  put_bytes(group, event.category);
  put_bytes(group, event.campaign);
  return group;
}

std::uint32_t hour_of(const Event& event) {
  return begin_of(Span::hour, event.time);
}

ReaderSet::What what_of(Type type) {
  return type == Type::opened ? ReaderSet::What::opened : ReaderSet::What::clicked;
}

std::uint32_t unique_tag(Type type) {
  return type == Type::opened ? tag::kOpenedUnique : tag::kClickedUnique;
}

std::uint32_t machine_tag(Type type) {
  return type == Type::opened ? tag::kOpenedByMachines : tag::kClickedByMachines;
}

constexpr std::uint64_t kOneLess = ~std::uint64_t{0};  // sums wrap

struct Group {
  std::uint32_t hour = 0;
  AccountId account;
  std::array<std::pair<Dimension, std::string_view>, 6> values;
};

Group parse_group(std::string_view text) {
  Reader reader(text);
  Group group;
  group.hour = reader.u32();
  group.account = AccountId{reader.u64()};
  group.values = {{{Dimension::stream, reader.bytes()},
                   {Dimension::domain, reader.bytes()},
                   {Dimension::provider, reader.bytes()},
                   {Dimension::source, reader.bytes()},
                   {Dimension::category, reader.bytes()},
                   {Dimension::campaign, reader.bytes()}}};
  return group;
}

void count(const Event& event, Counts& counts) {
  counts.add(tag::of(event.type));
  if (event.type == Type::accepted) {
    counts.add(tag::kAcceptedBytes, event.size);
  } else if (event.type == Type::delivered) {
    counts.add(tag::kDeliveredAtFirst, event.attempt == 1 ? 1 : 0);
    counts.add(tag::kDeliveryTime + bucket_of(event.queue_ms));
  }
}

using Sums = std::unordered_map<std::string, Counts>;

/// Every row that a group belongs to gets what is counted in it.
void spread(const Group& group, const Counts& counts, Sums& rows) {
  RowName name;
  const auto add = [&](Dimension dimension, std::string_view value) {
    name.dimension = dimension;
    name.value = value;
    rows[key_of(name)].add(counts);
  };
  for (const Span span : {Span::hour, Span::day}) {
    name.span = span;
    name.begin = group.hour - group.hour % hours_of(span);
    for (const AccountId account : {AccountId{}, group.account}) {
      name.account = account;
      add(Dimension::total, {});
      for (const auto& [dimension, value] : group.values) {
        if (!value.empty()) {
          add(dimension, value);
        }
      }
      if (!group.account.exists()) {
        break;  // a submission that was refused before anybody signed in
      }
    }
    name.account = {};
    add(Dimension::account, to_string(group.account));
  }
}

}  // namespace

Result<> Counter::take(std::span<const Event> events, store::Step& step) {
  Sums groups;
  for (const Event& event : events) {
    if (events::is_hit(event.type)) {
      TRY_VOID(count_hit(event, groups));
    } else if (event.type == Type::reassessed) {
      TRY_VOID(move_hit(event, groups));
    } else if (event.type != Type::operational) {
      count(event, groups[group_of(event, hour_of(event))]);
    }
  }
  readers_.write(step);
  Sums sums;
  for (const auto& [group, counts] : groups) {
    spread(parse_group(group), counts, sums);
  }
  if (rows_.size() + sums.size() > rows_kept_) {
    rows_.clear();
  }
  for (const auto& [key, counts] : sums) {
    TRY(Counts* const kept, row(key));
    kept->add(counts);
    step.put(store::Table::counter, key, kept->encode());
  }
  return {};
}

Result<> Counter::count_hit(const Event& event, Rows& groups) {
  Counts& counts = groups[group_of(event, hour_of(event))];
  if (!events::is_a_persons(event.machine)) {
    counts.add(machine_tag(event.type));
    return {};
  }
  counts.add(tag::of(event.type));
  if (event.recipient.exists()) {
    TRY(const bool is_first, readers_.add(what_of(event.type), event.recipient, hour_of(event)));
    counts.add(unique_tag(event.type), is_first ? 1 : 0);
  }
  return {};
}

Result<> Counter::move_hit(const Event& reassessed, Rows& groups) {
  const bool is_person = events::is_a_persons(reassessed.machine);
  if (is_person == events::is_a_persons(reassessed.machine_was)) {
    return {};
  }
  TRY(const events::Page page, events_->read(reassessed.about_event, 1));
  if (page.events.empty() || page.events.front().sequence != reassessed.about_event ||
      !events::is_hit(page.events.front().type)) {
    return {};
  }
  const Event& event = page.events.front();
  Counts& counts = groups[group_of(event, hour_of(event))];
  counts.add(tag::of(event.type), is_person ? 1 : kOneLess);
  counts.add(machine_tag(event.type), is_person ? kOneLess : 1);
  if (!event.recipient.exists()) {
    return {};
  }
  if (is_person) {
    TRY(const bool is_first, readers_.add(what_of(event.type), event.recipient, hour_of(event)));
    counts.add(unique_tag(event.type), is_first ? 1 : 0);
    return {};
  }
  TRY(const std::optional<std::uint32_t> hour,
      readers_.remove(what_of(event.type), event.recipient));
  if (hour) {
    groups[group_of(event, *hour)].add(unique_tag(event.type), kOneLess);
  }
  return {};
}

Result<Counts*> Counter::row(const std::string& key) {
  if (const auto found = rows_.find(key); found != rows_.end()) {
    return &found->second;
  }
  TRY(const std::optional<std::string> record, store_.get(store::Table::counter, key));
  Counts counts;
  if (record) {
    if (Result<Counts> read = Counts::decode(*record)) {
      counts = *std::move(read);
    } else {
      log::error("a row of the statistics can't be read and begins again at nothing",
                 {{"row", hex(key)},
                  {"advice", "`postrider events replay statistics --from 1` counts anew"}});
    }
  }
  return &rows_.emplace(key, std::move(counts)).first->second;
}

Result<> Counter::can_begin_at(std::uint64_t next) const {
  if (next != 1) {
    return fail(Errc::invalid,
                "statistics are counted anew from the first event or not at all, because a counter "
                "does not say which events are in it: say --from 1");
  }
  TRY(const std::uint64_t first, events::first_sequence(store_));
  TRY(const bool has_gaps, events::has_gaps(store_));
  if (first > 1 || has_gaps) {
    return fail(Errc::invalid,
                "statistics can't be counted anew: events that they are made of have gone by their "
                "retention, and the figures of that time would be lost with them");
  }
  return {};
}

void Counter::begin_at(std::uint64_t /*next*/, store::Step& step) {
  rows_.clear();
  step.erase_range(store::Table::counter, std::string(), std::string(1, '\xff'));
}

}  // namespace postrider::statistics
