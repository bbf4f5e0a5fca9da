#include <array>
#include <string>

#include "base/json_text.h"
#include "base/text.h"
#include "events/cursor.h"
#include "http/control.h"
#include "http/statistics_question.h"
#include "statistics/counter.h"
#include "statistics/histogram.h"
#include "statistics/rates.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

using events::Type;
using statistics::Counts;
using statistics::Dimension;
using statistics::Query;
namespace tag = statistics::tag;

constexpr std::array kTypes{Type::accepted, Type::delivered, Type::deferred,   Type::failed,
                            Type::expired,  Type::bounced,   Type::complained, Type::suppressed,
                            Type::rejected, Type::opened,    Type::clicked,    Type::unsubscribed};

Time time_of_hour(std::uint32_t hours) {
  return Time(std::chrono::hours(hours));
}

/// Null where there is nothing to divide by.
void write_rates(JsonText& json, const Counts& counts) {
  json.begin_object("rates");
  for (const statistics::Rate& rate : statistics::rates()) {
    if (const std::optional<double> value = statistics::value_of(rate, counts)) {
      json.field(rate.name, *value);
    } else {
      json.field_raw(rate.name, "null");
    }
  }
  json.end_object();
}

void write_delivery_time(JsonText& json, const Counts& counts) {
  struct Quantile {
    std::string_view name;
    double share;
  };
  static constexpr std::array kQuantiles{Quantile{"p50", 0.5}, Quantile{"p90", 0.9},
                                         Quantile{"p99", 0.99}};
  json.begin_object("delivery_ms");
  for (const Quantile& one : kQuantiles) {
    if (const auto value = statistics::quantile(counts, tag::kDeliveryTime, one.share)) {
      json.field(one.name, *value);
    } else {
      json.field_raw(one.name, "null");
    }
  }
  json.end_object();
}

void write_counts(JsonText& json, const Counts& counts) {
  for (const Type type : kTypes) {
    json.field(events::to_string(type), counts.get(tag::of(type)));
  }
  json.field("accepted_bytes", counts.get(tag::kAcceptedBytes));
  json.field("delivered_at_first", counts.get(tag::kDeliveredAtFirst));
  json.field("opened_unique", counts.get(tag::kOpenedUnique));
  json.field("clicked_unique", counts.get(tag::kClickedUnique));
  json.field("opened_by_machines", counts.get(tag::kOpenedByMachines));
  json.field("clicked_by_machines", counts.get(tag::kClickedByMachines));
  write_rates(json, counts);
  write_delivery_time(json, counts);
}

/// As people call it: accounts by their names.
std::string name_of(const Query& query, const statistics::Row& row,
                    const directory::Snapshot& directory) {
  if (query.by != Query::By::dimension || query.of != Dimension::total) {
    return row.name;
  }
  if (query.dimension == Dimension::account) {
    const Result<AccountId> id = parse_id<AccountId>(row.name);
    return id ? account_name(directory, *id) : "";
  }
  return row.name;
}

void write_definitions(JsonText& json) {
  json.begin_object("definitions");
  for (const statistics::Rate& rate : statistics::rates()) {
    json.field(rate.name, rate.definition);
  }
  json.field("delivery_ms",
             "from acceptance to delivery, in milliseconds: what half, 90% and 99% of the "
             "delivered recipients took at most, within 3.2%");
  json.end_object();
}

Result<std::string> answer_of(const ControlParts& parts, const StatisticsQuestion& question) {
  const Query& query = question.query;
  TRY(const statistics::Answer answer, statistics::ask(*parts.store, query));
  TRY(const std::optional<events::Cursor> cursor,
      events::read_cursor(*parts.store, statistics::Counter::kName));
  const auto directory = parts.directory->snapshot();
  JsonText json;
  json.begin_object();
  json.field("by", question.by);
  json.field("from", format_time(time_of_hour(query.from)));
  json.field("to", format_time(time_of_hour(query.to)));
  json.begin_array("rows");
  for (const statistics::Row& row : answer.rows) {
    json.begin_object();
    json.field("name", query.by == Query::By::dimension ? name_of(query, row, *directory)
                                                        : format_time(time_of_hour(row.begin)));
    write_counts(json, row.counts);
    json.end_object();
  }
  json.end_array();
  json.begin_object("total");
  write_counts(json, answer.total);
  json.end_object();
  json.field("left_off", answer.left_off);
  json.field("unreadable", answer.unreadable);
  json.field("counted_to", cursor ? cursor->next - 1 : 0);  // sequence number
  json.field("last", parts.events->last_sequence());
  write_definitions(json);
  json.end_object();
  return json.take();
}

awaitable<Result<Response>> show(const ControlParts& parts, Call call) {
  const Time now = parts.relay != nullptr ? parts.relay->clock().now() : SystemClock().now();
  CO_TRY(const StatisticsQuestion question,
         statistics_question(call.request.query, *parts.directory->snapshot(), now));
  std::move_only_function<Result<std::string>()> work = [&] { return answer_of(parts, question); };
  CO_TRY(std::string json, co_await off_thread(parts, std::move(work)));
  co_return json_answer(std::move(json));
}

constexpr std::array kEntries{Entry{"GET", "/v1/statistics", Needs::stores, show}};

}  // namespace

std::span<const Entry> statistics_entries() {
  return kEntries;
}

}  // namespace postrider::http
