#include "retention/sweep.h"

#include <gtest/gtest.h>
#include <memory>

#include "base/bytes.h"
#include "events/log_extent.h"
#include "search/index_key.h"
#include "statistics/reader_set.h"
#include "statistics/rows.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"
#include "support/temporary_directory.h"
#include "webhook/records.h"

namespace postrider::retention {
namespace {

using std::chrono::days;
using std::chrono::hours;
using store::Table;

constexpr Time kNow{days(21'000)};

class SweepTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(directory->change_account(
        "shop",
        {.retention = [](directory::Retention& retention) { retention.events = days(10); }}));
  }

  void sweep(Time oldest, std::uint64_t first_event = 1) {
    Sweep sweep({.store = *store,
                 .directory = *directory,
                 .commit = [this](store::Step step) { return store.commit(std::move(step)); }},
                options, kNow, {.sequence = first_event, .time = oldest}, days(7));
    for (int i = 0; i < 100; ++i) {
      const Result<bool> has_more = sweep.step();
      ASSERT_TRUE(has_more) << has_more.error().text();
      if (!*has_more) {
        return;
      }
    }
    FAIL() << "it does not come to an end";
  }

  std::size_t rows(Table table) {
    std::size_t count = 0;
    EXPECT_TRUE(store->scan(table, {}, {}, [&](auto, auto) { return ++count > 0; }));
    return count;
  }

  void put_search(AccountId account, Duration age) {
    const RecipientId id = first_id_at(kNow - age);
    const std::vector<RecipientId> ids{id};
    const auto list = search::list_of(search::Kind::recipient, account, "ann@example.net");
    ASSERT_TRUE(store.commit(test::put(
        Table::search, search::row_key(list, search::second_of(id), 1), search::encode_ids(ids))));
  }

  test::FreshFolder folder;
  test::RunningStore store{folder / "db"};
  TemporaryDirectory directory;
  const AccountId shop = directory->add_account("shop", kNow).value().id;
  const AccountId bank = directory->add_account("bank", kNow).value().id;
  Options options;
};

TEST_F(SweepTest, TheIndexGoesWithTheEventsOfItsAccount) {
  for (const AccountId account : {shop, bank}) {
    put_search(account, days(9));
    put_search(account, days(11));
    put_search(account, days(200));
    put_search(account, days(400));
  }
  sweep(kNow - days(300));
  EXPECT_EQ(rows(Table::search), 1U + 3U);
  sweep(kNow - days(100));  // the budget took more
  EXPECT_EQ(rows(Table::search), 1U + 2U);
}

TEST_F(SweepTest, ARowOfTheSecondOfTheOldestEventStays) {
  put_search(bank, days(100));
  sweep(kNow - days(100) + std::chrono::milliseconds(500));
  EXPECT_EQ(rows(Table::search), 1U);
}

TEST_F(SweepTest, CountersAndReadersGoAfterTheirOwnTime) {
  store::Step step;
  for (const days age : {days(700), days(800)}) {
    const Time time = kNow - age;
    const statistics::RowName name{.account = shop,
                                   .span = statistics::Span::day,
                                   .dimension = statistics::Dimension::provider,
                                   .begin = statistics::begin_of(statistics::Span::day, time),
                                   .value = "example.net"};
    step.put(Table::counter, statistics::key_of(name), "row");
    statistics::ReaderSet readers(*store);
    ASSERT_TRUE(readers.add(statistics::ReaderSet::What::opened, first_id_at(time),
                            {.hour = 1, .tag = 0, .sequence = 0}));
    readers.write(step);
  }
  events::note_gaps(step);
  ASSERT_TRUE(store.commit(std::move(step)));
  ASSERT_EQ(rows(Table::counter), 5U);
  sweep(kNow);
  EXPECT_EQ(rows(Table::counter), 3U);
  EXPECT_TRUE(events::has_gaps(*store).value());
}

TEST_F(SweepTest, LogsOfPausedWebhooksGoToo) {
  directory::Webhook webhook;
  webhook.url = "https://hook.example/";
  webhook.state = directory::WebhookState::paused;
  const WebhookId id = directory->add_webhook(webhook).value().id;
  store::Step step;
  webhook::Request request;
  request.id = "old";
  request.at = kNow - days(8);
  webhook::write_request(step, id, 1, request);
  request.id = "new";
  request.at = kNow - days(6);
  webhook::write_request(step, id, 2, request);
  ASSERT_TRUE(store.commit(std::move(step)));
  sweep(kNow);
  const auto left = webhook::read_requests(*store, id, 10).value();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].id, "new");
}

TEST_F(SweepTest, WhatWasSetAsideGoesAsTheEventsOfItsTime) {
  store::Step step;
  const auto put = [&](Table table, std::uint64_t number, std::string_view more) {
    std::string key;
    put_u64(key, number);
    step.put(Table::set_aside, static_cast<char>(table) + key + std::string(more), "damaged");
    if (table == Table::meta) {
      step.put(Table::body, key, "of a message that nobody can read");
    }
  };
  put(Table::event, 6, "");
  put(Table::event, 7, "");
  for (const days age : {days(364), days(366)}) {
    const std::uint64_t message = first_id_at(kNow - age).value;
    put(Table::meta, message, "");
    put(Table::recipient, message, std::string(4, '\0'));
  }
  ASSERT_TRUE(store.commit(std::move(step)));
  sweep(kNow, 7);
  EXPECT_EQ(rows(Table::set_aside), 1U + 2U);
  EXPECT_EQ(rows(Table::body), 1U);
}

TEST_F(SweepTest, ALargeTableIsReadInPieces) {
  store::Step step;
  for (std::uint32_t i = 0; i < 45'000; ++i) {
    const RecipientId id{first_id_at(kNow - days(400)).value + i * kIdStep};
    const auto list = search::list_of(search::Kind::recipient, bank, std::to_string(i));
    const std::vector<RecipientId> ids{id};
    step.put(Table::search, search::row_key(list, search::second_of(id), 1),
             search::encode_ids(ids));
  }
  ASSERT_TRUE(store.commit(std::move(step)));
  sweep(kNow);
  EXPECT_EQ(rows(Table::search), 0U);
}

}  // namespace
}  // namespace postrider::retention
