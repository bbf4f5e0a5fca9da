#include "health/rates.h"

#include <algorithm>

#include "base/bytes.h"

namespace postrider::health {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::int64_t kParts = 12;
constexpr std::array<Duration, kWindows.size()> kLengths{
    std::chrono::hours(1), std::chrono::hours(24), std::chrono::hours(7 * 24)};
constexpr std::array<std::string_view, kWindows.size()> kNames{"1h", "24h", "7d"};

std::int64_t part_of(std::size_t window, Time time) {
  const Duration part = kLengths[window] / kParts;
  return std::chrono::floor<Duration>(time.time_since_epoch()).count() / part.count();
}

bool is_in(std::int64_t part, std::int64_t now) {
  return part >= now - kParts && part <= now;
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

void put(std::string& record, const Tally& tally) {
  for (const std::uint64_t number : {tally.ended, tally.delivered, tally.hard, tally.complaints}) {
    put_varint(record, number);
  }
}

Tally read_tally(Reader& reader) {
  Tally tally;
  for (std::uint64_t* number : {&tally.ended, &tally.delivered, &tally.hard, &tally.complaints}) {
    *number = reader.varint();
  }
  return tally;
}

}  // namespace

std::string_view to_string(Window window) {
  return kNames[static_cast<std::size_t>(window)];
}

Duration length_of(Window window) {
  return kLengths[static_cast<std::size_t>(window)];
}

double Tally::bounce_percent() const {
  return percent(hard, ended);
}

double Tally::complaint_percent() const {
  return percent(complaints, delivered);
}

Tally& Tally::operator+=(const Tally& other) {
  ended += other.ended;
  delivered += other.delivered;
  hard += other.hard;
  complaints += other.complaints;
  return *this;
}

void Rates::add(Time time, const Tally& tally, Time now) {
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    std::vector<Part>& parts = windows_[i];
    const std::int64_t present = part_of(i, now);
    std::erase_if(parts, [&](const Part& part) { return !is_in(part.number, present); });
    const std::int64_t number = part_of(i, time);
    if (!is_in(number, present)) {
      continue;
    }
    const auto place = std::ranges::lower_bound(parts, number, {}, &Part::number);
    if (place != parts.end() && place->number == number) {
      place->tally += tally;
    } else {
      parts.insert(place, {.number = number, .tally = tally});
    }
  }
}

Tally Rates::sum(Window window, Time now) const {
  const auto i = static_cast<std::size_t>(window);
  const std::int64_t present = part_of(i, now);
  Tally sum;
  for (const Part& part : windows_[i]) {
    if (is_in(part.number, present)) {
      sum += part.tally;
    }
  }
  return sum;
}

bool Rates::is_over(Time now) const {
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const std::int64_t present = part_of(i, now);
    if (std::ranges::any_of(windows_[i],
                            [&](const Part& part) { return is_in(part.number, present); })) {
      return false;
    }
  }
  return true;
}

std::string Rates::encode() const {
  std::string record = begin_record(kVersion, 64);
  put_u64(record, static_cast<std::uint64_t>(counted_from_.time_since_epoch().count()));
  for (const std::vector<Part>& parts : windows_) {
    put_varint(record, parts.size());
    for (const Part& part : parts) {
      put_varint(record, static_cast<std::uint64_t>(part.number));
      put(record, part.tally);
    }
  }
  return seal_record(std::move(record));
}

Result<Rates> Rates::decode(std::string_view record) {
  const OpenedRecord opened = open_record(record);
  const bool is_known = opened.intact && opened.version == kVersion;
  Reader reader(is_known ? opened.payload : std::string_view());
  Rates rates;
  rates.counted_from_ = Time(Duration(static_cast<std::int64_t>(reader.u64())));
  bool holds = true;
  for (std::vector<Part>& parts : rates.windows_) {
    const std::uint64_t count = reader.varint();
    holds = holds && count <= kParts + 1;
    for (std::uint64_t i = 0; holds && i < count; ++i) {
      const auto number = static_cast<std::int64_t>(reader.varint());
      holds = reader.ok() && (parts.empty() || number > parts.back().number);
      parts.push_back({.number = number, .tally = read_tally(reader)});
    }
  }
  if (!is_known || !holds || !reader.ok() || !reader.at_end()) {
    return fail(Errc::corrupt, "a row of an account's health can't be read");
  }
  return rates;
}

}  // namespace postrider::health
