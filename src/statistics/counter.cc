#include "statistics/counter.h"

#include <algorithm>
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
std::string group_of(const Event& event, std::uint32_t hour, std::string_view site,
                     std::string_view source) {
  std::string group;
  put_u32(group, hour);
  put_u64(group, event.account.value);
  put_bytes(group, event.stream);
  put_bytes(group, event.from_domain);
  put_bytes(group, site);
  put_bytes(group, source);
  put_bytes(group, event.category);
  put_bytes(group, event.campaign);
  put_bytes(group, event.country);
  put_bytes(group, event.reader_client);
  put_bytes(group, event.device);
  return group;
}

std::string group_of(const Event& event, std::uint32_t hour) {
  return group_of(event, hour, event.site, event.source_address);
}

/// A hit's, who by itself does not say where the message went.
std::string group_of(const Event& event, std::uint32_t hour, const Way& way) {
  return group_of(event, hour, way.site, way.source_address);
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

/// Of the histogram of times to open; 0: not known, or not an open.
std::uint32_t open_time_tag(const Event& event, const Way& way) {
  if (event.type != Type::opened || !way.delivered) {
    return 0;
  }
  const Duration took = std::max(event.time - *way.delivered, Duration(0));
  return tag::kOpenTime + bucket_of(static_cast<std::uint64_t>(took.count()));
}

constexpr std::uint64_t kOneLess = ~std::uint64_t{0};  // sums wrap

struct Group {
  std::uint32_t hour = 0;
  AccountId account;
  std::array<std::pair<Dimension, std::string_view>, 9> values;
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
                   {Dimension::campaign, reader.bytes()},
                   {Dimension::country, reader.bytes()},
                   {Dimension::client, reader.bytes()},
                   {Dimension::device, reader.bytes()}}};
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
  ways_.forget();
  readers_.write(step);
  people_.write(step);
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
  TRY(const Way* const way, ways_.of(event.recipient));
  Counts& counts = groups[group_of(event, hour_of(event), *way)];
  if (!events::is_a_persons(event.machine)) {
    counts.add(machine_tag(event.type));
    return {};
  }
  counts.add(tag::of(event.type));
  return count_person(event, *way, counts);
}

Result<> Counter::count_person(const Event& event, const Way& way, Counts& counts) {
  if (!event.recipient.exists()) {
    return {};
  }
  const ReaderSet::First first{
      .hour = hour_of(event), .tag = open_time_tag(event, way), .sequence = event.sequence};
  TRY(const bool is_first, readers_.add(what_of(event.type), event.recipient, first));
  if (!is_first) {
    return {};
  }
  counts.add(unique_tag(event.type));
  if (first.tag != 0) {
    counts.add(first.tag);
  }
  return people_.add(event, first.hour);
}

/// The hit with this number; nothing: the log has it no more.
Result<std::optional<Event>> Counter::hit_at(std::uint64_t sequence) const {
  TRY(events::Page page, events_->read(sequence, 1));
  const bool is_there = !page.events.empty() && page.events.front().sequence == sequence &&
                        events::is_hit(page.events.front().type);
  return is_there ? std::optional(std::move(page.events.front())) : std::nullopt;
}

/// In the rows in which the recipient of `hit` was counted: another program may have been used
/// then.
Result<> Counter::uncount(const Event& hit, const ReaderSet::First& first, const Way& way,
                          Rows& groups) {
  Event counted = hit;
  counted.country.clear();
  counted.reader_client.clear();
  counted.device.clear();
  if (first.sequence != 0) {
    TRY(const std::optional<Event> then, hit_at(first.sequence));
    counted = then.value_or(counted);
  }
  Counts& then = groups[group_of(counted, first.hour, way)];
  then.add(unique_tag(hit.type), kOneLess);
  if (first.tag != 0) {
    then.add(first.tag, kOneLess);
  }
  return people_.remove(hit, first.hour);
}

Result<> Counter::move_hit(const Event& reassessed, Rows& groups) {
  const bool is_person = events::is_a_persons(reassessed.machine);
  if (is_person == events::is_a_persons(reassessed.machine_was)) {
    return {};
  }
  TRY(const std::optional<Event> found, hit_at(reassessed.about_event));
  if (!found) {
    return {};
  }
  const Event& event = *found;
  TRY(const Way* const way, ways_.of(event.recipient));
  Counts& counts = groups[group_of(event, hour_of(event), *way)];
  counts.add(tag::of(event.type), is_person ? 1 : kOneLess);
  counts.add(machine_tag(event.type), is_person ? kOneLess : 1);
  if (is_person || !event.recipient.exists()) {
    return is_person ? count_person(event, *way, counts) : Result<>();
  }
  TRY(const std::optional<ReaderSet::First> first,
      readers_.remove(what_of(event.type), event.recipient));
  return first ? uncount(event, *first, *way, groups) : Result<>();
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
