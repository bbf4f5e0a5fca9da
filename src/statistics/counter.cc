#include "statistics/counter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "events/fields.h"
#include "events/log_extent.h"
#include "events/reader_hit.h"
#include "statistics/histogram.h"
#include "statistics/rows.h"

namespace postrider::statistics {
namespace {

using events::Event;
using events::Type;

Place place_of(const Event& event, std::uint32_t hour, std::string_view site,
               std::string_view source) {
  return {.hour = hour,
          .account = event.account,
          .values = {{{Dimension::stream, event.stream},
                      {Dimension::domain, event.from_domain},
                      {Dimension::provider, site},
                      {Dimension::source, source},
                      {Dimension::category, event.category},
                      {Dimension::campaign, event.campaign},
                      {Dimension::country, event.country},
                      {Dimension::client, event.reader_client},
                      {Dimension::device, event.device}}}};
}

/// Of a hit, which by itself does not say where the message went.
Place place_of(const Event& event, std::uint32_t hour, const Way& way) {
  return place_of(event, hour, way.site, way.source_address);
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

Addend addend_of(const Event& event) {
  Addend addend;
  addend.add(tag::of(event.type));
  if (event.type == Type::accepted) {
    addend.add(tag::kAcceptedBytes, event.size);
  } else if (event.type == Type::delivered) {
    addend.add(tag::kDeliveredAtFirst, event.attempt == 1 ? 1 : 0);
    addend.add(tag::kDeliveryTime + bucket_of(event.queue_ms));
  }
  return addend;
}

}  // namespace

events::FieldSet Counter::reads() const {
  return events::fields({"time", "account", "recipient", "to", "from_domain", "stream", "size",
                         "site", "source_address", "attempt", "queue_ms", "category", "campaign",
                         "machine", "machine_was", "about_event", "reader_client", "device",
                         "country"});
}

Result<> Counter::take(std::span<const Event> events, store::Step& /*step*/) {
  for (const Event& event : events) {
    if (events::is_hit(event.type)) {
      TRY_VOID(count_hit(event));
    } else if (event.type == Type::reassessed) {
      TRY_VOID(move_hit(event));
    } else if (event.type != Type::operational) {
      sums_.add(place_of(event, hour_of(event), event.site, event.source_address),
                addend_of(event));
    }
  }
  return {};
}

Result<> Counter::finish(store::Step& step) {
  ways_.forget();
  readers_.write(step);
  people_.write(step);
  for (Sums::Row& added : sums_.rows()) {
    TRY(Counts* const kept, row(added.key));
    kept->add(added.counts);
    step.put(store::Table::counter, std::move(added.key), kept->encode());
  }
  sums_.clear();
  return {};
}

Result<> Counter::count_hit(const Event& event) {
  TRY(const Way* const way, ways_.of(event.recipient));
  Addend addend;
  if (events::is_a_persons(event.machine)) {
    addend.add(tag::of(event.type));
    TRY_VOID(count_person(event, *way, addend));
  } else {
    addend.add(machine_tag(event.type));
  }
  sums_.add(place_of(event, hour_of(event), *way), addend);
  return {};
}

Result<> Counter::count_person(const Event& event, const Way& way, Addend& addend) {
  if (!event.recipient.exists()) {
    return {};
  }
  const ReaderSet::First first{
      .hour = hour_of(event), .tag = open_time_tag(event, way), .sequence = event.sequence};
  TRY(const bool is_first, readers_.add(what_of(event.type), event.recipient, first));
  if (!is_first) {
    return {};
  }
  addend.add(unique_tag(event.type));
  if (first.tag != 0) {
    addend.add(first.tag);
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
Result<> Counter::uncount(const Event& hit, const ReaderSet::First& first, const Way& way) {
  Event counted = hit;
  counted.country.clear();
  counted.reader_client.clear();
  counted.device.clear();
  if (first.sequence != 0) {
    TRY(const std::optional<Event> then, hit_at(first.sequence));
    counted = then.value_or(counted);
  }
  Addend then;
  then.add(unique_tag(hit.type), kOneLess);
  if (first.tag != 0) {
    then.add(first.tag, kOneLess);
  }
  sums_.add(place_of(counted, first.hour, way), then);
  return people_.remove(hit, first.hour);
}

Result<> Counter::move_hit(const Event& reassessed) {
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
  Addend addend;
  addend.add(tag::of(event.type), is_person ? 1 : kOneLess);
  addend.add(machine_tag(event.type), is_person ? kOneLess : 1);
  if (is_person) {
    TRY_VOID(count_person(event, *way, addend));
  }
  sums_.add(place_of(event, hour_of(event), *way), addend);
  if (is_person || !event.recipient.exists()) {
    return {};
  }
  TRY(const std::optional<ReaderSet::First> first,
      readers_.remove(what_of(event.type), event.recipient));
  return first ? uncount(event, *first, *way) : Result<>();
}

Result<Counts*> Counter::row(const std::string& key) {
  if (Counts* const found = rows_.find(key)) {
    return found;
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
  return &rows_.keep(key, std::move(counts));
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
