#include "exports/clickhouse_row.h"

#include <algorithm>
#include <variant>

#include "base/json_text.h"
#include "base/text.h"
#include "events/event_fields.h"

namespace postrider::exports {
namespace {

using events::Event;
using events::Field;

/// DateTime of ClickHouse: seconds since 1970 in 32 bits.
std::uint64_t seconds_of(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(seconds, 0, 0xffffffff));
}

struct AddField {
  JsonText& row;
  const Event& event;
  std::string_view name;

  void operator()(std::string Event::* member) const {
    if (!(event.*member).empty()) {
      row.field(name, event.*member);
    }
  }
  void operator()(std::uint64_t Event::* member) const { add(event.*member); }
  void operator()(Time Event::* member) const { add(seconds_of(event.*member)); }
  template <class Tag>
  void operator()(Id<Tag> Event::* member) const {
    add((event.*member).value);
  }
  void add(std::uint64_t number) const {
    if (number != 0) {
      row.field(name, number);
    }
  }
};

std::string_view type_of(const Field& field) {
  if (std::holds_alternative<std::string Event::*>(field.member)) {
    return "String";
  }
  return std::holds_alternative<Time Event::*>(field.member) ? "DateTime('UTC')" : "UInt64";
}

}  // namespace

void add_clickhouse_row(std::string& out, const Event& event) {
  JsonText row;
  row.begin_object();
  row.field("sequence", event.sequence);
  row.field("type", events::to_string(event.type));
  row.field("time_ms", std::max<std::int64_t>(event.time.time_since_epoch().count(), 0));
  for (const Field& field : events::kFields) {
    std::visit(AddField{.row = row, .event = event, .name = field.name}, field.member);
  }
  row.end_object();
  out += row.take();
  out.push_back('\n');
}

std::string clickhouse_table(std::string_view table) {
  std::string out = "CREATE TABLE IF NOT EXISTS " + std::string(table) + "\n(\n";
  std::string_view meaning;
  const auto column = [&](std::string_view name, std::string_view type, std::string_view about) {
    if (!meaning.empty()) {
      out.append(",  -- ").append(meaning).append("\n");
    }
    out.append("    `").append(name).append("` ").append(type);
    meaning = about;
  };
  column("sequence", "UInt64", "place in the log: what has the same one is the same event");
  column("type", "String", "accepted, delivered, ...: docs/events.md");
  column("time_ms", "UInt64", "time, in milliseconds since 1970");
  for (const Field& field : events::kFields) {
    column(field.name, type_of(field), field.meaning);
  }
  out.append("  -- ").append(meaning).append("\n)\n");
  return out +
         "ENGINE = ReplacingMergeTree\n"
         "PARTITION BY toYYYYMM(time)\n"
         "ORDER BY (account, time, sequence);\n";
}

bool is_clickhouse_name(std::string_view name) {
  const auto parts = split(name, '.');
  return parts.size() <= 2 && std::ranges::all_of(parts, [](std::string_view part) {
           return !part.empty() && !is_digit(part.front()) && std::ranges::all_of(part, [](char c) {
             return is_alpha(c) || is_digit(c) || c == '_';
           });
         });
}

}  // namespace postrider::exports
