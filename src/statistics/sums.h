// What a batch of events adds to the rows of counters, summed up before the rows are looked for.
//
// An event is added to one cell for each value that it has, of its hour and its account. What its
// day and all accounts together get are sums of cells, made at the end: few events of a batch have
// all values in common, but every value is in many of them.
//
// Thread: the counter's.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "statistics/counts.h"
#include "statistics/rows.h"

namespace postrider::statistics {

/// What one event adds: a few numbers by tag.
class Addend {
 public:
  void add(std::uint32_t tag, std::uint64_t number = 1) {
    assert(size_ < counts_.size());
    counts_[size_++] = {.tag = tag, .number = number};
  }
  std::span<const Counts::Count> all() const { return {counts_.data(), size_}; }

 private:
  std::array<Counts::Count, 4> counts_{};
  std::size_t size_ = 0;
};

/// What an event's rows are told apart by.
struct Place {
  struct Value {
    Dimension dimension = Dimension::total;
    std::string_view text;  ///< empty: it has none
  };
  std::uint32_t hour = 0;  ///< since 1970
  AccountId account;       ///< 0: a submission that was refused before anybody signed in
  std::array<Value, 9> values;
};

class Sums {
 public:
  Sums();
  ~Sums();

  /// Copies what it keeps.
  void add(const Place& place, const Addend& addend);
  std::size_t cells() const;

  struct Row {
    std::string key;  ///< rows.h
    Counts counts;
  };
  /// Every row that something was added to, once, in the order of the keys.
  std::vector<Row> rows() const;
  void clear();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::statistics
