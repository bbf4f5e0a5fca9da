// Events as rows of a table of ClickHouse: the table's definition, and a row.
//
// Columns are named as the fields of an event (docs/events.md). Times are DateTime, whole seconds
// in UTC, and `time_ms` has the milliseconds too; what says nothing is 0 or ''. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "events/event.h"

namespace postrider::exports {

/// Appends one line of JSONEachRow, with its line end.
void add_clickhouse_row(std::string& out, const events::Event& event);

/// CREATE TABLE ..., to paste. Rows that came twice are one, once they have been merged.
std::string clickhouse_table(std::string_view table);

/// A table's name, with or without a database in front: letters, digits, '_', one dot.
bool is_clickhouse_name(std::string_view name);

}  // namespace postrider::exports
