#include "http/statistics_question.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "http/control.h"
#include "http/moment.h"
#include "http/query_words.h"
#include "http/request_body.h"

namespace postrider::http {
namespace {

using statistics::Dimension;
using statistics::Query;
using Parameters = std::map<std::string, std::string>;

constexpr std::uint32_t kDay = 24;              // in hours
constexpr std::uint32_t kTimesMost = 5000;      // rows of an answer by time
constexpr std::uint32_t kLongest = 800 * kDay;  // all that is kept, and some

constexpr std::array<std::string_view, 5> kOthers{"by", "from", "to", "account", "limit"};
constexpr std::array kFilters{Dimension::stream,  Dimension::domain,   Dimension::provider,
                              Dimension::source,  Dimension::category, Dimension::campaign,
                              Dimension::country, Dimension::client,   Dimension::device};

std::string_view name_of(Dimension dimension) {
  return std::ranges::find(statistics::kDimensions, dimension,
                           &statistics::DimensionName::dimension)
      ->name;
}

std::optional<Dimension> filter_named(std::string_view name) {
  const auto found = std::ranges::find(kFilters, name, name_of);
  return found == kFilters.end() ? std::nullopt : std::optional(*found);
}

/// A domain in A-labels, a country in capitals.
std::string value_as_counted(Dimension dimension, const std::string& value) {
  if (dimension == Dimension::domain) {
    return domain_key(value);
  }
  std::string counted = value;
  if (dimension == Dimension::country) {
    std::ranges::transform(counted, counted.begin(), [](char c) {
      return is_alpha(c) ? static_cast<char>(c & ~('a' - 'A')) : c;
    });
  }
  return counted;
}

std::string value_of(const Parameters& parameters, const char* name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

Result<> set_by(StatisticsQuestion& question, const std::string& by) {
  Query& query = question.query;
  question.by = by.empty() ? "day" : by;
  if (question.by == "hour" || question.by == "day") {
    query.by = question.by == "hour" ? Query::By::hour : Query::By::day;
    return {};
  }
  const auto found =
      std::ranges::find(statistics::kDimensions, question.by, &statistics::DimensionName::name);
  if (found == statistics::kDimensions.end()) {
    std::string allowed = "hour, day";
    for (const statistics::DimensionName& one : statistics::kDimensions) {
      allowed += fmt::format(", {}", one.name);
    }
    return fail(Errc::invalid, "by: '" + printable(by, 40) + "' is none of " + allowed);
  }
  query.by = Query::By::dimension;
  query.dimension = found->dimension;
  return {};
}

Result<> check_value(Dimension dimension, const std::string& value) {
  switch (dimension) {
    case Dimension::stream:
      return check_stream(value);
    case Dimension::category:
      return check_category(value);
    case Dimension::country:
      return check_country(value);
    default:
      return {};
  }
}

Result<> set_filter(StatisticsQuestion& question, const Parameters& parameters) {
  Query& query = question.query;
  for (const auto& [name, value] : parameters) {
    const std::optional<Dimension> filter = filter_named(name);
    if (!filter) {
      if (std::ranges::find(kOthers, name) == kOthers.end()) {
        return fail(Errc::invalid, "'" + printable(name, 40) +
                                       "' is not a parameter: there are by, from, to, account, "
                                       "limit, stream, domain, provider, source, category, "
                                       "campaign, country, client and device");
      }
      continue;
    }
    if (query.of != Dimension::total) {
      return fail(Errc::invalid,
                  fmt::format("{} and {}: one of them at a time", name_of(query.of), name));
    }
    if (value.empty()) {
      return fail(Errc::invalid, name + " is empty: name one, or leave it out");
    }
    TRY_VOID(check_value(*filter, value));
    query.of = *filter;
    query.value = value_as_counted(*filter, value);
  }
  if (query.of != Dimension::total && query.by == Query::By::dimension &&
      query.dimension != Dimension::total) {
    return fail(Errc::invalid, fmt::format("by: of one {} there are figures by hour, day and "
                                           "total, not by {}",
                                           name_of(query.of), question.by));
  }
  return {};
}

Result<> set_times(Query& query, const std::string& from, const std::string& to, Time now) {
  const bool is_by_day = query.by == Query::By::day;
  const auto span = is_by_day ? statistics::Span::day : statistics::Span::hour;
  TRY(const Time end, parse_moment("to", to.empty() ? "now" : to, now));
  const std::string fallback = query.by == Query::By::hour ? "24h" : "7d";
  TRY(const Time begin, parse_moment("from", from.empty() ? fallback : from, now));
  if (begin >= end) {
    return fail(Errc::invalid,
                "from: " + format_time(begin) + " is not before the end (to), " + format_time(end));
  }
  query.from = statistics::begin_of(span, begin);
  query.to = statistics::begin_of(span, end - Duration(1)) + statistics::hours_of(span);
  const std::uint32_t hours = query.to - query.from;
  if (hours > kLongest || (query.by == Query::By::hour && hours > kTimesMost)) {
    return fail(Errc::invalid,
                fmt::format("from: that is {} days before `to`; by hour there are {} days at most, "
                            "else {}",
                            hours / kDay, kTimesMost / kDay, kLongest / kDay));
  }
  return {};
}

}  // namespace

Result<StatisticsQuestion> statistics_question(const Parameters& parameters,
                                               const directory::Snapshot& directory, Time now) {
  StatisticsQuestion question;
  TRY_VOID(set_by(question, value_of(parameters, "by")));
  TRY_VOID(set_filter(question, parameters));
  TRY_VOID(
      set_times(question.query, value_of(parameters, "from"), value_of(parameters, "to"), now));
  TRY(question.query.rows_max, query_number("limit", value_of(parameters, "limit"), 1, 10'000, 20));
  if (const std::string name = value_of(parameters, "account"); !name.empty()) {
    if (question.query.dimension == Dimension::account) {
      return fail(Errc::invalid, "by: of one account there are no figures by account");
    }
    TRY(const directory::Account account, find_account(directory, name), "account");
    question.query.account = account.id;
  }
  return question;
}

}  // namespace postrider::http
