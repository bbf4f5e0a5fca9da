#include <gtest/gtest.h>
#include <string>

#include "base/text.h"

namespace postrider {
namespace {

struct TimeRow {
  std::string text;
  std::string time;
};

TEST(ParseTime, ReadsWhatRfc3339Writes) {
  const TimeRow rows[] = {
      {"2026-11-24T05:52:12.345Z", "2026-11-24T05:52:12.345Z"},
      {"2026-11-24t05:52:12z", "2026-11-24T05:52:12.000Z"},
      {"2026-11-24 05:52", "2026-11-24T05:52:00.000Z"},
      {"2026-11-24", "2026-11-24T00:00:00.000Z"},
      {"2024-02-29", "2024-02-29T00:00:00.000Z"},
      {"2026-11-24T00:30:00+01:00", "2026-11-23T23:30:00.000Z"},
      {"2026-11-24T23:30:00-01:00", "2026-11-25T00:30:00.000Z"},
      {"2026-11-24T05:52:12.3456789Z", "2026-11-24T05:52:12.345Z"},
      {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59.000Z"},
  };
  for (const TimeRow& row : rows) {
    const Result<Time> time = parse_time(row.text);
    ASSERT_TRUE(time) << row.text;
    EXPECT_EQ(format_time(*time), row.time) << row.text;
  }
}

TEST(ParseTime, RefusesAllElse) {
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-30", "2026-11-24T", "2026-11-24T25:00Z", "24.11.2026",
        "2026-11-24T05:52:12.Z", "2026-11-24T05:52:12+1", "2026-11-24T05:52:12Z ", "-026-11-24",
        "2026-11-24T05:52:12+01:60", "2026-11-24X05:52"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

}  // namespace
}  // namespace postrider
