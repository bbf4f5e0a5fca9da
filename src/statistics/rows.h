// The rows of counters in the database: what each is about, and what its tags mean.
//
// A row counts, for one span of time (an hour or a day, UTC), one account (or all), and one value
// of one dimension. There is a row for each of these that an event belongs to, so that every
// question is a range of rows: nothing is combined later.
//
// The key: account (0: all), span, dimension, begin of the span in hours since 1970, value. Rows
// of one time stand together, and those of one value are found by their whole keys.
//
// Pure; any thread. Numbers of dimensions and tags are on disk: only append.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "events/event.h"
#include "statistics/counts.h"

namespace postrider::statistics {

enum class Span : std::uint8_t { hour = 1, day = 2 };

enum class Dimension : std::uint8_t {
  total = 0,    ///< value: empty
  account = 1,  ///< id in decimal; of the rows for all accounts only
  stream = 2,
  domain = 3,    ///< sending domain
  provider = 4,  ///< the site, until providers have rules of their own
  source = 5,    ///< address that we sent from
  category = 6,  ///< of failures, from the bounce taxonomy
  campaign = 7,  ///< that the sender names
  // Of opens, clicks and unsubscribes only, and only where it is known.
  country = 8,  ///< ISO 3166-1
  client = 9,   ///< family of the reader's program
  device = 10,  ///< family of the reader's device
};

struct DimensionName {
  Dimension dimension;
  std::string_view name;
};
constexpr std::array kDimensions{
    DimensionName{Dimension::total, "total"},       DimensionName{Dimension::account, "account"},
    DimensionName{Dimension::stream, "stream"},     DimensionName{Dimension::domain, "domain"},
    DimensionName{Dimension::provider, "provider"}, DimensionName{Dimension::source, "source"},
    DimensionName{Dimension::category, "category"}, DimensionName{Dimension::campaign, "campaign"},
    DimensionName{Dimension::country, "country"},   DimensionName{Dimension::client, "client"},
    DimensionName{Dimension::device, "device"}};

/// What an event adds to: its type's number, and these.
namespace tag {
constexpr std::uint32_t of(events::Type type) {
  return static_cast<std::uint32_t>(type);
}
constexpr std::uint32_t kAcceptedBytes = 100;
constexpr std::uint32_t kDeliveredAtFirst = 101;   ///< by the first attempt
constexpr std::uint32_t kOpenedUnique = 110;       ///< recipients, where they opened first
constexpr std::uint32_t kClickedUnique = 111;      ///< the same of clicks
constexpr std::uint32_t kOpenedByMachines = 112;   ///< not in the opens, which are people's
constexpr std::uint32_t kClickedByMachines = 113;  ///< the same of clicks
constexpr std::uint32_t kDeliveryTime = 1000;      ///< histogram, ms from acceptance to delivery
/// Histogram, ms from delivery to the first time that a person opened.
constexpr std::uint32_t kOpenTime = 2000;
}  // namespace tag

/// Hours since 1970 of the hour, or of the first hour of the day, in which `time` lies.
std::uint32_t begin_of(Span span, Time time);
constexpr std::uint32_t hours_of(Span span) {
  return span == Span::hour ? 1 : 24;
}

struct RowName {
  AccountId account;  ///< 0: all
  Span span = Span::hour;
  Dimension dimension = Dimension::total;
  std::uint32_t begin = 0;
  std::string value;
};
std::string key_of(const RowName& name);
/// The rows of a time from `begin` on are in front of this one.
std::string key_of_time(const RowName& name);
/// Nothing: not a key of ours.
std::optional<RowName> parse_key(std::string_view key);

}  // namespace postrider::statistics
