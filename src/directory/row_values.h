// How times, ids and numbers stand in a row: times as milliseconds since 1970.
// Pure but for the row that is read; errors: those of Statement.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/ids.h"
#include "directory/sqlite.h"

namespace postrider::directory {

inline std::int64_t milliseconds(Time time) {
  return time.time_since_epoch().count();
}

inline Time time_at(const Statement& row, int column) {
  return Time(Duration(row.integer(column)));
}

template <class T>
T id_at(const Statement& row, int column) {
  return T{static_cast<std::uint64_t>(row.integer(column))};
}

template <class T>
std::int64_t number(T value) {
  return static_cast<std::int64_t>(value);
}
template <class Tag>
std::int64_t number(Id<Tag> id) {
  return static_cast<std::int64_t>(id.value);
}

}  // namespace postrider::directory
