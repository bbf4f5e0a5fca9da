#include "statistics/sums.h"

#include <algorithm>
#include <memory_resource>
#include <utility>
#include <xxhash.h>

#include <boost/unordered/unordered_flat_map.hpp>

namespace postrider::statistics {
namespace {

struct CellName {
  AccountId account;
  Span span = Span::hour;
  Dimension dimension = Dimension::total;
  std::uint32_t begin = 0;
  std::string_view value;

  bool operator==(const CellName&) const = default;
};

struct HashOf {
  using is_avalanching = void;  // of Boost: all bits of it are good
  std::size_t operator()(const CellName& name) const {
    const std::uint64_t rest = (std::uint64_t{name.begin} << 16) |
                               (static_cast<std::uint64_t>(name.span) << 8) |
                               static_cast<std::uint64_t>(name.dimension);
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
    return XXH3_64bits_withSeed(name.value.data(), name.value.size(),
                                name.account.value * kOdd ^ rest);
  }
};

/// Counts by name. Names are views: whoever adds says what they are kept as.
class Cells {
 public:
  template <class Keep>
  Counts& cell(const CellName& name, Keep keep) {
    if (const auto found = places_.find(name); found != places_.end()) {
      return counts_[found->second];
    }
    CellName kept = name;
    kept.value = keep(name.value);
    places_.emplace(kept, counts_.size());
    return counts_.emplace_back();
  }

  template <class Take>
  void for_each(Take take) const {
    for (const auto& [name, place] : places_) {
      take(name, counts_[place]);
    }
  }

  std::size_t size() const { return counts_.size(); }
  void clear() {
    places_.clear();
    counts_.clear();
  }

 private:
  boost::unordered_flat_map<CellName, std::size_t, HashOf> places_;
  std::vector<Counts> counts_;
};

/// A copy that lives as long as what is in `memory`.
std::string_view kept_in(std::pmr::memory_resource& memory, std::string_view text) {
  auto* const bytes = static_cast<char*>(memory.allocate(text.size() + 1, 1));
  std::ranges::copy(text, bytes);
  return {bytes, text.size()};
}

}  // namespace

struct Sums::State {
  void add(const CellName& name, const Addend& addend) {
    Counts& counts =
        cells.cell(name, [this](std::string_view text) { return kept_in(texts, text); });
    for (const Counts::Count& count : addend.all()) {
      counts.add(count.tag, count.number);
    }
  }

  Cells cells;
  std::pmr::monotonic_buffer_resource texts;
};

Sums::Sums() : state_(std::make_unique<State>()) {}
Sums::~Sums() = default;

void Sums::add(const Place& place, const Addend& addend) {
  CellName name{.account = place.account, .begin = place.hour, .value = {}};
  state_->add(name, addend);
  for (const auto& [dimension, text] : place.values) {
    if (!text.empty()) {
      name.dimension = dimension;
      name.value = text;
      state_->add(name, addend);
    }
  }
}

std::size_t Sums::cells() const {
  return state_->cells.size();
}

std::vector<Sums::Row> Sums::rows() const {
  const auto as_it_is = [](std::string_view text) { return text; };
  Cells wider;  // days, and all accounts
  std::pmr::monotonic_buffer_resource numbers;
  state_->cells.for_each([&](const CellName& cell, const Counts& counts) {
    for (const Span span : {Span::hour, Span::day}) {
      CellName name = cell;
      name.span = span;
      name.begin = cell.begin - cell.begin % hours_of(span);
      if (span == Span::day) {
        wider.cell(name, as_it_is).add(counts);
      }
      if (cell.account.exists()) {
        name.account = {};
        wider.cell(name, as_it_is).add(counts);
      }
      if (cell.dimension == Dimension::total) {
        const std::string number = to_string(cell.account);
        name.dimension = Dimension::account;
        name.value = number;
        name.account = {};
        wider.cell(name, [&](std::string_view text) { return kept_in(numbers, text); }).add(counts);
      }
    }
  });
  std::vector<Row> rows;
  rows.reserve(state_->cells.size() + wider.size());
  const auto take = [&](const CellName& name, const Counts& counts) {
    if (!counts.empty()) {
      rows.push_back({.key = key_of({.account = name.account,
                                     .span = name.span,
                                     .dimension = name.dimension,
                                     .begin = name.begin,
                                     .value = std::string(name.value)}),
                      .counts = counts});
    }
  };
  state_->cells.for_each(take);
  wider.for_each(take);
  std::ranges::sort(rows, {}, &Row::key);
  return rows;
}

void Sums::clear() {
  state_->cells.clear();
  state_->texts.release();
}

}  // namespace postrider::statistics
