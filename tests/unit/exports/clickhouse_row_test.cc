#include "exports/clickhouse_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events/event_fields.h"

namespace postrider::exports {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ClickHouseRow, TimesAreSecondsAndWhatSaysNothingIsLeftOut) {
  events::Event event;
  event.sequence = 7;
  event.type = events::Type::deferred;
  event.time = Time(Duration(1'700'000'000'123));
  event.message = MessageId{512};
  event.to = "ann@example.net";
  event.reply = "451 \"later\"\n";
  event.next_attempt = Time(Duration(1'700'000'600'999));
  std::string out = "before\n";
  add_clickhouse_row(out, event);
  EXPECT_EQ(out,
            "before\n"
            R"({"sequence":7,"type":"deferred","time_ms":1700000000123,"time":1700000000,)"
            R"("message":512,"to":"ann@example.net","reply":"451 \"later\"\n",)"
            R"("next_attempt":1700000600})"
            "\n");
}

TEST(ClickHouseRow, TimesOutsideOfDateTimeAreItsFirstAndLast) {
  events::Event event;
  event.time = Time(Duration(-5000));
  event.next_attempt = Time(std::chrono::years(400));
  std::string out;
  add_clickhouse_row(out, event);
  EXPECT_THAT(out, HasSubstr(R"("time_ms":0)"));
  EXPECT_THAT(out, Not(HasSubstr(R"("time":)")));
  EXPECT_THAT(out, HasSubstr(R"("next_attempt":4294967295)"));
}

TEST(ClickHouseTable, HasAColumnForEachField) {
  const std::string table = clickhouse_table("mail.events");
  EXPECT_THAT(table, testing::StartsWith("CREATE TABLE IF NOT EXISTS mail.events\n(\n"));
  for (const events::Field& field : events::kFields) {
    EXPECT_THAT(table, HasSubstr("\n    `" + std::string(field.name) + "` "));
  }
  EXPECT_THAT(table, HasSubstr("`time` DateTime('UTC')"));
  EXPECT_THAT(table, HasSubstr("`account` UInt64"));
  EXPECT_THAT(table, HasSubstr("`reply` String"));
  EXPECT_THAT(table, HasSubstr("ReplacingMergeTree"));
}

TEST(ClickHouseTable, NamesAreNothingElse) {
  for (const char* name : {"events", "mail.events", "_e1", "Mail.Events_2"}) {
    EXPECT_TRUE(is_clickhouse_name(name)) << name;
  }
  for (const char* name : {"", ".", "a.", ".a", "a.b.c", "1a", "a b", "a;DROP", "`a`", "ä"}) {
    EXPECT_FALSE(is_clickhouse_name(name)) << name;
  }
}

}  // namespace
}  // namespace postrider::exports
