#include "statistics/counts.h"

#include <algorithm>
#include <limits>

#include "base/bytes.h"

namespace postrider::statistics {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

void Counts::add(std::uint32_t tag, std::uint64_t number) {
  if (number == 0) {
    return;
  }
  const auto place = std::ranges::lower_bound(counts_, tag, {}, &Count::tag);
  if (place != counts_.end() && place->tag == tag) {
    place->number += number;
    if (place->number == 0) {
      counts_.erase(place);  // what was taken back
    }
  } else {
    counts_.insert(place, {.tag = tag, .number = number});
  }
}

void Counts::add(const Counts& other) {
  if (counts_.empty()) {
    counts_ = other.counts_;
    return;
  }
  for (const Count& count : other.counts_) {
    add(count.tag, count.number);
  }
}

std::uint64_t Counts::get(std::uint32_t tag) const {
  const auto place = std::ranges::lower_bound(counts_, tag, {}, &Count::tag);
  return place != counts_.end() && place->tag == tag ? place->number : 0;
}

std::string Counts::encode() const {
  std::string record = begin_record(kVersion, counts_.size() * 4);
  std::uint32_t before = 0;
  for (const Count& count : counts_) {
    put_varint(record, count.tag - before);
    put_varint(record, count.number);
    before = count.tag;
  }
  return seal_record(std::move(record));
}

Result<Counts> Counts::decode(std::string_view record) {
  const OpenedRecord opened = open_record(record);
  Counts counts;
  bool holds = opened.intact && opened.version == kVersion;
  Reader reader(holds ? opened.payload : std::string_view());
  std::uint64_t tag = 0;
  while (holds && !reader.at_end()) {
    const std::uint64_t distance = reader.varint();
    const std::uint64_t number = reader.varint();
    const bool is_first = counts.counts_.empty();
    holds = reader.ok() && (is_first || distance > 0) &&
            distance <= std::numeric_limits<std::uint32_t>::max() - tag;
    tag += holds ? distance : 0;
    counts.counts_.push_back({.tag = static_cast<std::uint32_t>(tag), .number = number});
  }
  if (!holds) {
    return fail(Errc::corrupt, "a row of counters can't be read");
  }
  return counts;
}

}  // namespace postrider::statistics
