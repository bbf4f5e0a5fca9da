#include "http/queue_rows.h"

#include <gtest/gtest.h>

namespace postrider::http {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow{std::chrono::hours(1000)};

delivery::QueueEntry entry(std::string domain, Duration due_in, std::uint32_t attempts,
                           std::string site = "") {
  delivery::QueueEntry made;
  made.waiting.domain = std::move(domain);
  made.waiting.due = kNow + due_in;
  made.waiting.attempts = attempts;
  made.site = std::move(site);
  return made;
}

TEST(QueueRows, ScheduledAndReadyOfASiteAreOneRow) {
  auto groups = group_by_domain({entry("a.example", 5min, 1), entry("a.example", 2min, 3),
                                 entry("b.example", -1s, 0), entry("a.example", 0s, 0, "mx.a")},
                                kNow);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups["a.example"].example.attempts, 3U);
  groups["a.example"].site = "mx.a";
  groups["a.example"].reply = "451 later";

  const auto rows = rows_of(
      {{.site = "mx.a", .ready = 1, .connections = 2, .connections_max = 5, .trouble = "refused"}},
      groups);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].site, "mx.a");
  EXPECT_EQ(rows[0].ready, 1U);
  EXPECT_EQ(rows[0].scheduled, 2U);
  EXPECT_EQ(rows[0].next_due, kNow + 2min);
  EXPECT_EQ(rows[0].reply, "451 later");
  EXPECT_EQ(rows[0].trouble, "refused");
  EXPECT_EQ(rows[1].site, "b.example");
  EXPECT_EQ(rows[1].looking_up, 1U);
  EXPECT_EQ(rows[1].scheduled, 0U);
}

TEST(QueueRows, TheLongestIsFirst) {
  std::vector<delivery::SiteFigures> sites(3);
  sites[0].site = "b";
  sites[1].site = "a";
  sites[2].site = "c";
  sites[2].ready = 9;
  const auto rows = rows_of(sites, {});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].site + rows[1].site + rows[2].site, "cab");
}

}  // namespace
}  // namespace postrider::http
