#include "webhook/records.h"

#include <gtest/gtest.h>

#include "events/event_store.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"
#include "webhook/recent_events.h"

namespace postrider::webhook {
namespace {

using namespace std::chrono_literals;

Request request(std::string name, Time at) {
  Request made;
  made.id = std::move(name);
  made.at = at;
  return made;
}

class Records : public testing::Test {
 protected:
  void log(WebhookId id, Time at, std::uint16_t number, std::string name) {
    store::Step step;
    write_request(step, id, number, request(std::move(name), at));
    ASSERT_TRUE(store_.commit(std::move(step)));
  }
  std::vector<std::string> names(WebhookId id, std::size_t limit = 100) {
    std::vector<std::string> all;
    for (const Request& request : read_requests(*store_, id, limit).value()) {
      all.push_back(request.id);
    }
    return all;
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "spool"};
};

using Names = std::vector<std::string>;

TEST_F(Records, AreNewestFirstAndOfOneEndpoint) {
  log(WebhookId{1}, Time(1000h), 0, "a");
  log(WebhookId{1}, Time(1000h), 1, "b");
  log(WebhookId{2}, Time(1001h), 0, "other");
  log(WebhookId{1}, Time(1002h), 0, "c");
  EXPECT_EQ(names(WebhookId{1}), (Names{"c", "b", "a"}));
  EXPECT_EQ(names(WebhookId{1}, 2), (Names{"c", "b"}));
}

TEST_F(Records, GoWithTheirAge) {
  log(WebhookId{1}, Time(1000h), 0, "old");
  log(WebhookId{1}, Time(1002h), 0, "new");
  log(WebhookId{2}, Time(1000h), 0, "other");
  store::Step step;
  ASSERT_TRUE(trim_requests(*store_, step, WebhookId{1}, Time(1001h)));
  ASSERT_TRUE(store_.commit(std::move(step)));
  EXPECT_EQ(names(WebhookId{1}), Names{"new"});
  EXPECT_EQ(names(WebhookId{2}), Names{"other"});
}

TEST_F(Records, AreBoundedInNumber) {
  store::Step many;
  for (int i = 0; i < 6000; ++i) {
    write_request(many, WebhookId{1}, 0, request(std::to_string(i), Time(1000h + i * 1ms)));
  }
  ASSERT_TRUE(store_.commit(std::move(many)));
  store::Step step;
  ASSERT_TRUE(trim_requests(*store_, step, WebhookId{1}, Time()));
  ASSERT_TRUE(store_.commit(std::move(step)));
  const Names left = names(WebhookId{1}, 10'000);
  EXPECT_EQ(left.size(), 5000U);
  EXPECT_EQ(left.front(), "5999");
}

TEST_F(Records, AllGoTogether) {
  log(WebhookId{1}, Time(1000h), 0, "a");
  log(WebhookId{2}, Time(1000h), 0, "b");
  store::Step step;
  write_progress(step, WebhookId{1}, {.failing_since = Time(1h), .failures = 3});
  ASSERT_TRUE(store_.commit(std::move(step)));
  EXPECT_EQ(read_progress(*store_, WebhookId{1}).value().failures, 3U);
  store::Step end;
  erase_records(end, WebhookId{1});
  ASSERT_TRUE(store_.commit(std::move(end)));
  EXPECT_EQ(names(WebhookId{1}), Names{});
  EXPECT_EQ(read_progress(*store_, WebhookId{1}).value().failures, 0U);
  EXPECT_EQ(names(WebhookId{2}), Names{"b"});
}

TEST_F(Records, RecentEventsGrowWithTheLog) {
  const auto events = events::make_event_store(*store_);
  RecentEvents recent(*events);
  std::uint64_t seen = 0;
  for (const int more : {3, 0, 300, 1}) {
    store::Step step;
    for (int i = 0; i < more; ++i) {
      events->append(step, events::Event());
    }
    if (more > 0) {
      ASSERT_TRUE(store_.commit(std::move(step)));
    }
    while (seen < events->last_sequence()) {
      const auto block = recent.block_with(seen + 1).value();
      for (const EventPtr& event : block->events) {
        if (event->sequence > seen) {
          EXPECT_EQ(event->sequence, ++seen);
        }
      }
      EXPECT_EQ(block->next, seen + 1);
    }
  }
  EXPECT_EQ(seen, 304U);
}

}  // namespace
}  // namespace postrider::webhook
