// Asking for counters: the sums of a time, by the values of a dimension or by hours or days.
//
// Blocks for a moment on the disk; any thread. Errors: those of the store. Rows that can't be read
// are counted in Answer::unreadable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "statistics/rows.h"
#include "store/store.h"

namespace postrider::statistics {

struct Query {
  AccountId account = {};  ///< 0: all
  /// Only what has this value; Dimension::total: everything.
  Dimension of = Dimension::total;
  std::string value = {};

  enum class By : std::uint8_t { dimension, hour, day };
  By by = By::day;
  Dimension dimension = Dimension::total;  ///< for By::dimension; then `of` is total

  std::uint32_t from = 0;  ///< hours since 1970; whole days for By::day
  std::uint32_t to = 0;    ///< behind the last one
  std::size_t rows_max = 20;
};

struct Row {
  std::string name;         ///< value of the dimension
  std::uint32_t begin = 0;  ///< by time: hours since 1970
  Counts counts;
};

struct Answer {
  std::vector<Row> rows;       ///< by time: in order, also those without counts; else busiest first
  Counts total;                ///< of all rows, those left off too
  std::uint64_t left_off = 0;  ///< rows behind rows_max
  std::uint64_t unreadable = 0;
};

Result<Answer> ask(const store::Store& store, const Query& query);

}  // namespace postrider::statistics
