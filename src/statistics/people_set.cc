#include "statistics/people_set.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/text.h"

namespace postrider::statistics {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kExact = 0;
constexpr std::uint8_t kSketch = 1;
constexpr unsigned kIndexBits = 12;
constexpr std::size_t kRegisters = std::size_t{1} << kIndexBits;
constexpr unsigned kRestBits = 64 - kIndexBits;

/// Ertl, formula 13.
double sigma(double x) {
  if (x == 1) {
    return std::numeric_limits<double>::infinity();
  }
  double y = 1;
  double z = x;
  double before = -1;
  while (z != before) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

/// Ertl, formula 16.
double tau(double x) {
  if (x == 0 || x == 1) {
    return 0;
  }
  double y = 1;
  double z = 1 - x;
  double before = -1;
  while (z != before) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

std::uint64_t estimate(const std::vector<std::uint8_t>& registers) {
  std::array<double, kRestBits + 2> counts{};
  for (const std::uint8_t value : registers) {
    counts.at(value) += 1;
  }
  constexpr auto m = static_cast<double>(kRegisters);
  double z = m * tau(1 - counts[kRestBits + 1] / m);
  for (unsigned k = kRestBits; k >= 1; --k) {
    z = 0.5 * (z + counts.at(k));
  }
  z += m * sigma(counts[0] / m);
  return static_cast<std::uint64_t>(std::llround(m * m / (2 * std::numbers::ln2 * z)));
}

}  // namespace

bool PeopleSet::note(std::uint64_t hash) {
  const std::size_t index = hash >> kRestBits;
  const std::uint64_t rest = hash << kIndexBits;
  const auto rank = static_cast<std::uint8_t>(
      rest == 0 ? kRestBits + 1 : static_cast<unsigned>(std::countl_zero(rest)) + 1);
  if (registers_[index] >= rank) {
    return false;
  }
  registers_[index] = rank;
  return true;
}

void PeopleSet::become_sketch() {
  registers_.assign(kRegisters, 0);
  for (const std::uint64_t hash : exact_) {
    note(hash);
  }
  exact_.clear();
  exact_.shrink_to_fit();
}

bool PeopleSet::add(std::uint64_t hash) {
  if (!is_exact()) {
    return note(hash);
  }
  const auto place = std::ranges::lower_bound(exact_, hash);
  if (place != exact_.end() && *place == hash) {
    return false;
  }
  exact_.insert(place, hash);
  if (exact_.size() > kExactMax) {
    become_sketch();
  }
  return true;
}

void PeopleSet::add(const PeopleSet& other) {
  if (!other.is_exact() && is_exact()) {
    become_sketch();
  }
  for (const std::uint64_t hash : other.exact_) {
    add(hash);
  }
  for (std::size_t i = 0; i < other.registers_.size(); ++i) {
    registers_[i] = std::max(registers_[i], other.registers_[i]);
  }
}

bool PeopleSet::remove(std::uint64_t hash) {
  const auto place = std::ranges::lower_bound(exact_, hash);
  if (place == exact_.end() || *place != hash) {
    return false;
  }
  exact_.erase(place);
  return true;
}

std::uint64_t PeopleSet::count() const {
  return is_exact() ? exact_.size() : estimate(registers_);
}

std::string PeopleSet::encode() const {
  std::string record =
      begin_record(kVersion, 1 + exact_.size() * sizeof(std::uint64_t) + registers_.size());
  record.push_back(static_cast<char>(is_exact() ? kExact : kSketch));
  for (const std::uint64_t hash : exact_) {
    put_u64(record, hash);
  }
  record.append(registers_.begin(), registers_.end());
  return seal_record(std::move(record));
}

Result<PeopleSet> PeopleSet::decode(std::string_view record) {
  const OpenedRecord opened = open_record(record);
  Reader reader(opened.intact && opened.version == kVersion ? opened.payload : std::string_view());
  const std::uint8_t form = reader.u8();
  PeopleSet set;
  bool holds = reader.ok() && form <= kSketch;
  if (holds && form == kSketch) {
    const std::string_view bytes = reader.rest();
    set.registers_.assign(bytes.begin(), bytes.end());
    holds = bytes.size() == kRegisters &&
            std::ranges::all_of(set.registers_, [](std::uint8_t r) { return r <= kRestBits + 1; });
  }
  while (holds && form == kExact && !reader.at_end()) {
    set.exact_.push_back(reader.u64());
    holds = reader.ok() && set.exact_.size() <= kExactMax;
  }
  if (!holds || !std::ranges::is_sorted(set.exact_)) {
    return fail(Errc::corrupt, "a set of people can't be read");
  }
  return set;
}

std::uint64_t person(std::string_view name) {
  const std::string folded = lower(name);
  return XXH3_64bits(folded.data(), folded.size());
}

}  // namespace postrider::statistics
