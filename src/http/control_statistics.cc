#include <array>
#include <string>

#include "base/json_text.h"
#include "base/text.h"
#include "events/cursor.h"
#include "http/control.h"
#include "http/statistics_question.h"
#include "statistics/campaign_people.h"
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

/// Of a histogram, in milliseconds.
void write_quantiles(JsonText& json, std::string_view name, const Counts& counts,
                     std::uint32_t first_tag) {
  struct Quantile {
    std::string_view name;
    double share;
  };
  static constexpr std::array kQuantiles{Quantile{"p50", 0.5}, Quantile{"p90", 0.9},
                                         Quantile{"p99", 0.99}};
  json.begin_object(name);
  for (const Quantile& one : kQuantiles) {
    if (const auto value = statistics::quantile(counts, first_tag, one.share)) {
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
  write_quantiles(json, "delivery_ms", counts, tag::kDeliveryTime);
  write_quantiles(json, "open_ms", counts, tag::kOpenTime);
}

/// Of the campaign that the row, or all of the answer, is about.
Result<> write_people(JsonText& json, const ControlParts& parts, const Query& query,
                      const std::string& campaign) {
  double error = 0;
  for (const auto& [name, type] :
       {std::pair("opened_people", Type::opened), std::pair("clicked_people", Type::clicked)}) {
    TRY(const statistics::PeopleSet people,
        statistics::people_of(*parts.store, query.account, type, campaign, query.from, query.to));
    json.field(name, people.count());
    error = people.is_exact() ? error : statistics::PeopleSet::kError;
  }
  json.field("people_error", error);
  return {};
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
  json.field("open_ms",
             "from delivery to the first time that a person opened, in milliseconds: what half, "
             "90% and 99% of the recipients that opened took at most, within 3.2%");
  json.field("opened_people",
             "people that opened a campaign, each once whatever they got of it, by the days that "
             "the time touches; people_error is the standard error (0: exact, up to 1,024)");
  json.field("clicked_people", "the same of clicks");
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
    if (query.by == Query::By::dimension && query.dimension == Dimension::campaign) {
      TRY_VOID(write_people(json, parts, query, row.name));
    }
    json.end_object();
  }
  json.end_array();
  json.begin_object("total");
  write_counts(json, answer.total);
  if (query.of == Dimension::campaign) {
    TRY_VOID(write_people(json, parts, query, query.value));
  }
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
