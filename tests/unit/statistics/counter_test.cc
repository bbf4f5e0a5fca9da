#include "statistics/counter.h"

#include <gtest/gtest.h>
#include <map>
#include <optional>

#include "statistics/histogram.h"
#include "statistics/query.h"
#include "support/fresh_folder.h"
#include "support/full_event.h"
#include "support/running_store.h"

namespace postrider::statistics {
namespace {

using events::Event;
using events::Type;

constexpr AccountId kShop{1};
constexpr AccountId kBank{2};
constexpr std::uint32_t kHour = 24 * 20'000 + 22;  // 22:00, so that three hours reach another day

class CounterTest : public ::testing::Test {
 protected:
  static Event event(Type type, std::uint32_t hour, AccountId account, std::string site = "") {
    Event made;
    made.type = type;
    made.time = Time(std::chrono::hours(hour) + std::chrono::minutes(59));
    made.account = account;
    made.stream = "bulk";
    made.from_domain = account == kShop ? "shop.example" : "bank.example";
    made.site = std::move(site);
    made.attempt = type == Type::accepted ? 0 : 1;
    made.queue_ms = 250;
    made.size = 1000;
    return made;
  }

  void take(std::vector<Event> events) {
    store::Step step;
    ASSERT_TRUE(counter_.take(events, step));
    ASSERT_TRUE(counter_.finish(step));
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  Answer ask(Query query) {
    query.from = query.from == 0 ? kHour - 24 : query.from;
    query.to = query.to == 0 ? kHour + 48 : query.to;
    auto answer = statistics::ask(*store_, query);
    EXPECT_TRUE(answer);
    return *std::move(answer);
  }

  static std::map<std::string, std::uint64_t> delivered(const Answer& answer) {
    std::map<std::string, std::uint64_t> all;
    for (const Row& row : answer.rows) {
      all[row.name] = row.counts.get(tag::of(Type::delivered));
    }
    return all;
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  Counter counter_{*store_};
};

TEST_F(CounterTest, EveryEventIsInTheRowsOfAllThatItBelongsTo) {
  take({event(Type::accepted, kHour, kShop), event(Type::delivered, kHour, kShop, "mx.a"),
        event(Type::delivered, kHour + 3, kShop, "mx.b")});
  take({event(Type::delivered, kHour, kBank, "mx.a")});
  using By = std::map<std::string, std::uint64_t>;
  const auto by = [&](Dimension dimension, AccountId account = {}) {
    return delivered(ask({.account = account, .by = Query::By::dimension, .dimension = dimension}));
  };
  EXPECT_EQ(by(Dimension::total), (By{{"", 3}}));
  EXPECT_EQ(by(Dimension::account), (By{{"1", 2}, {"2", 1}}));
  EXPECT_EQ(by(Dimension::domain), (By{{"shop.example", 2}, {"bank.example", 1}}));
  EXPECT_EQ(by(Dimension::provider), (By{{"mx.a", 2}, {"mx.b", 1}}));
  EXPECT_EQ(by(Dimension::provider, kShop), (By{{"mx.a", 1}, {"mx.b", 1}}));
  EXPECT_EQ(by(Dimension::source), By());
  const Answer total = ask({.by = Query::By::dimension});
  EXPECT_EQ(total.total.get(tag::kAcceptedBytes), 1000U);
  EXPECT_EQ(total.total.get(tag::kDeliveredAtFirst), 3U);
  EXPECT_EQ(quantile(total.total, tag::kDeliveryTime, 0.5), middle_of(bucket_of(250)));
}

TEST_F(CounterTest, HoursAndDaysTellTheSame) {
  for (std::uint32_t hour = kHour; hour < kHour + 30; ++hour) {
    take({event(Type::delivered, hour, kShop, "mx.a")});
  }
  for (const std::uint32_t from : {kHour, kHour + 1, kHour + 2, kHour + 5}) {
    for (const std::uint32_t to : {from + 1, from + 3, kHour + 26, kHour + 30}) {
      const Answer sum = ask({.by = Query::By::dimension, .from = from, .to = to});
      const Answer hours = ask({.by = Query::By::hour, .from = from, .to = to});
      EXPECT_EQ(sum.total.get(tag::of(Type::delivered)), to - from) << from << " " << to;
      EXPECT_EQ(hours.total, sum.total);
      EXPECT_EQ(hours.rows.size(), to - from);
    }
  }
}

TEST_F(CounterTest, OneValueHasAChart) {
  take({event(Type::delivered, kHour, kShop, "mx.a"),
        event(Type::delivered, kHour + 1, kBank, "mx.a"),
        event(Type::delivered, kHour + 1, kShop, "mx.b")});
  const Answer chart = ask({.of = Dimension::domain,
                            .value = "bank.example",
                            .by = Query::By::hour,
                            .from = kHour,
                            .to = kHour + 3});
  ASSERT_EQ(chart.rows.size(), 3U);
  EXPECT_TRUE(chart.rows[0].counts.empty());
  EXPECT_EQ(chart.rows[1].counts.get(tag::of(Type::delivered)), 1U);
  EXPECT_EQ(ask({.of = Dimension::domain, .value = "bank.example", .by = Query::By::dimension})
                .total.get(tag::of(Type::delivered)),
            1U);
}

TEST_F(CounterTest, BusiestRowsComeFirstAndTheTotalKnowsAll) {
  take({event(Type::delivered, kHour, kShop, "mx.c"), event(Type::delivered, kHour, kShop, "mx.b"),
        event(Type::delivered, kHour, kShop, "mx.b"),
        event(Type::delivered, kHour, kShop, "mx.a")});
  const Answer answer =
      ask({.by = Query::By::dimension, .dimension = Dimension::provider, .rows_max = 2});
  ASSERT_EQ(answer.rows.size(), 2U);
  EXPECT_EQ(answer.rows[0].name, "mx.b");
  EXPECT_EQ(answer.rows[1].name, "mx.a");
  EXPECT_EQ(answer.left_off, 1U);
  EXPECT_EQ(answer.total.get(tag::of(Type::delivered)), 4U);
}

TEST_F(CounterTest, RowsThatAreNoLongerInMemoryAreReadAgain) {
  Counter forgetful{*store_, 1};
  for (int i = 0; i < 5; ++i) {
    store::Step step;
    ASSERT_TRUE(forgetful.take(std::vector{event(Type::delivered, kHour, kShop, "mx.a")}, step));
    ASSERT_TRUE(forgetful.finish(step));
    ASSERT_TRUE(store_.commit(std::move(step)));
  }
  EXPECT_EQ(ask({.by = Query::By::dimension}).total.get(tag::of(Type::delivered)), 5U);
}

TEST_F(CounterTest, WhatDidNotBecomeDurableIsForgotten) {
  take({event(Type::delivered, kHour, kShop, "mx.a")});
  store::Step lost;
  ASSERT_TRUE(counter_.take(std::vector{event(Type::delivered, kHour, kShop, "mx.a")}, lost));
  ASSERT_TRUE(counter_.finish(lost));
  counter_.forget();
  take({event(Type::delivered, kHour, kShop, "mx.a")});
  EXPECT_EQ(ask({.by = Query::By::dimension}).total.get(tag::of(Type::delivered)), 2U);
}

TEST_F(CounterTest, BeginsAgainAtTheFirstEventOnly) {
  EXPECT_TRUE(counter_.can_begin_at(1));
  EXPECT_FALSE(counter_.can_begin_at(2));
  take({event(Type::delivered, kHour, kShop, "mx.a")});
  store::Step step;
  counter_.begin_at(1, step);
  ASSERT_TRUE(store_.commit(std::move(step)));
  EXPECT_TRUE(ask({.by = Query::By::dimension}).total.empty());
  take({event(Type::delivered, kHour, kShop, "mx.a")});
  EXPECT_EQ(ask({.by = Query::By::dimension}).total.get(tag::of(Type::delivered)), 1U);
}

TEST_F(CounterTest, DamagedRowBeginsAgainAndIsToldOf) {
  const std::string key = key_of({.account = {},
                                  .span = Span::day,
                                  .dimension = Dimension::total,
                                  .begin = kHour - 22,
                                  .value = {}});
  ASSERT_TRUE(store_.commit(test::put(store::Table::counter, key, "damaged")));
  EXPECT_EQ(ask({.by = Query::By::day, .from = kHour - 22, .to = kHour + 2}).unreadable, 1U);
  take({event(Type::delivered, kHour, kShop, "mx.a")});
  EXPECT_EQ(ask({.by = Query::By::day, .from = kHour - 22, .to = kHour + 2})
                .total.get(tag::of(Type::delivered)),
            1U);
}

constexpr std::uint64_t kOpened = 11;  // its place in test::kEveryType
static_assert(test::kEveryType[kOpened] == Type::opened);

/// Guards the list of fields that it says it reads.
TEST_F(CounterTest, WhatItDoesNotReadChangesNothing) {
  const auto log = events::make_event_store(*store_);
  store::Step step;
  for (const Type type : test::kEveryType) {
    for (const std::string machine : {"", "scanner"}) {
      Event full = test::full_event(type);
      full.machine = machine;
      full.machine_was = machine.empty() ? "scanner" : "";
      full.about_event = 2 * kOpened + 1;  // as the loop numbers them: a person's open
      log->append(step, full);
    }
  }
  ASSERT_TRUE(store_.commit(std::move(step)));
  const auto rows = [&](events::FieldSet fields) {
    Counter counter(*store_);
    store::Step counted;
    EXPECT_TRUE(counter.take(log->read(1, 100, {}, fields).value().events, counted));
    EXPECT_TRUE(counter.finish(counted));
    return test::writes(counted);
  };
  EXPECT_EQ(rows(counter_.reads()), rows(events::FieldSet::all()));
  EXPECT_GT(rows(counter_.reads()).size(), 40U);
}

TEST_F(CounterTest, WhatHappensToTheRelayItselfIsNotCounted) {
  take({event(Type::operational, kHour, {})});
  EXPECT_TRUE(ask({.by = Query::By::dimension}).rows.empty());
}

}  // namespace
}  // namespace postrider::statistics
