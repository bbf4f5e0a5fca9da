#include "retention/log_trimmer.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>

#include "base/bytes.h"
#include "events/event_store.h"
#include "events/log_extent.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"
#include "support/temporary_directory.h"

namespace postrider::retention {
namespace {

using namespace std::chrono_literals;
using events::Event;
using events::Type;
using std::chrono::days;

constexpr Time kBegin{days(20'000)};

class LogTrimmerTest : public testing::Test {
 protected:
  void SetUp() override {
    trimmer = std::make_unique<LogTrimmer>(LogTrimmer::Parts{
        .clock = clock,
        .store = *store,
        .directory = *directory,
        .commit = [this](store::Step step) { return store.commit(std::move(step)); },
        .readers = [this]() -> Result<std::vector<LogReader>> { return readers; },
        .lose = [this](const LogReader& reader,
                       std::uint64_t first) { lost[reader.name] = first - reader.next; }});
    ASSERT_TRUE(trimmer->open());
  }

  /// One event a day for each account, about a recipient of its own.
  void append_days(int count) {
    store::Step step;
    for (int i = 0; i < count; ++i) {
      for (const AccountId account : {shop, bank}) {
        Event event;
        event.time = clock.now() + 1s * i;
        event.account = account;
        event.recipient = RecipientId{++recipients * kIdStep};
        event.message = MessageId{event.recipient.value};
        event.reply = std::string(reply_bytes, static_cast<char>('a' + recipients % 23));
        events->append(step, event);
      }
      clock.advance(24h - 1s * i);
      clock.advance(1s * i);
    }
    ASSERT_TRUE(store.commit(std::move(step)));
  }

  void trim() {
    for (int i = 0; i < 200; ++i) {
      const Result<bool> has_more = trimmer->step(options);
      ASSERT_TRUE(has_more) << has_more.error().text();
      if (!*has_more) {
        return;
      }
    }
    FAIL() << "it does not come to an end";
  }

  std::vector<Event> all() { return events->read(1, 100'000).value().events; }
  std::uint64_t count(AccountId account) {
    std::uint64_t found = 0;
    for (const Event& event : all()) {
      found += event.account == account ? 1 : 0;
    }
    return found;
  }
  std::ptrdiff_t alerts() { return std::ranges::count(all(), "events_gone_early", &Event::what); }
  bool has_alert() { return alerts() > 0; }

  test::FreshFolder folder;
  test::RunningStore store{
      store::StoreOptions{.directory = folder / "db", .reserve_bytes = 1 << 20, .compress = false}};
  std::unique_ptr<events::EventStore> events = events::make_event_store(*store);
  TemporaryDirectory directory;
  ManualClock clock{kBegin};
  const AccountId shop = directory->add_account("shop", kBegin).value().id;
  const AccountId bank = directory->add_account("bank", kBegin).value().id;
  std::vector<LogReader> readers;
  std::map<std::string, std::uint64_t> lost;
  Options options;
  std::unique_ptr<LogTrimmer> trimmer;
  std::uint64_t recipients = 0;
  std::size_t reply_bytes = 10;
};

TEST_F(LogTrimmerTest, EventsPastTheLongestRetentionGoWithTheirIndex) {
  append_days(400);
  trim();
  EXPECT_EQ(all().size(), 2U * 365);
  EXPECT_EQ(trimmer->first(), 71U);
  EXPECT_EQ(events::first_sequence(*store).value(), 71U);
  EXPECT_EQ(trimmer->trimmed(), 70U);
  EXPECT_TRUE(events->about(MessageId{kIdStep}, 1).value().events.empty());
  std::uint64_t index = 0;
  ASSERT_TRUE(store->scan(store::Table::event_about, {}, {}, [&](auto, auto) { return ++index; }));
  EXPECT_EQ(index, 2U * 365);
  EXPECT_FALSE(has_alert());
}

TEST_F(LogTrimmerTest, TheLastEventStaysSoThatNumbersGoOn) {
  append_days(1);
  clock.advance(days(1000));
  trim();
  ASSERT_EQ(all().size(), 1U);
  EXPECT_EQ(all().front().sequence, 2U);
}

TEST_F(LogTrimmerTest, WhatAServedReaderHasNotReadStaysByAge) {
  append_days(400);
  readers = {{.name = "slow", .next = 11}, {.name = "paused", .next = 3, .is_served = false}};
  trim();
  EXPECT_EQ(trimmer->first(), 11U);
  EXPECT_EQ(lost, (std::map<std::string, std::uint64_t>{{"paused", 8}}));
}

TEST_F(LogTrimmerTest, TheBudgetTakesTheOldestWhoeverHasNotReadThem) {
  reply_bytes = 5000;
  append_days(400);
  ASSERT_TRUE(store->compact(store::Table::event, {}));
  options.events_budget_bytes = 2'000'000;
  readers = {{.name = "slow", .next = 1}};
  ASSERT_GT(trimmer->bytes(), options.events_budget_bytes);
  trim();
  EXPECT_LE(trimmer->bytes(), options.events_budget_bytes);
  EXPECT_GT(trimmer->bytes(), options.events_budget_bytes / 2);
  EXPECT_EQ(lost["slow"], trimmer->first() - 1);
  EXPECT_FALSE(has_alert());  // 190 days are left
}

TEST_F(LogTrimmerTest, BelowTheMinimumItSaysSoOnceADay) {
  reply_bytes = 50'000;
  append_days(40);
  ASSERT_TRUE(store->compact(store::Table::event, {}));
  options.events_budget_bytes = 1 << 20;
  trim();
  EXPECT_LE(trimmer->bytes(), options.events_budget_bytes);
  EXPECT_EQ(alerts(), 1);
  options.events_budget_bytes /= 2;
  trim();
  EXPECT_LE(trimmer->bytes(), options.events_budget_bytes);
  EXPECT_EQ(alerts(), 1);
  clock.advance(std::chrono::hours(25));
  options.events_budget_bytes /= 2;
  trim();
  EXPECT_EQ(alerts(), 2);
}

TEST_F(LogTrimmerTest, AnAccountIsRememberedForAsLittleAsItWants) {
  ASSERT_TRUE(directory->change_account(
      "shop", {.retention = [](directory::Retention& retention) { retention.events = days(10); }}));
  append_days(100);
  trim();
  EXPECT_EQ(count(shop), 10U);
  EXPECT_EQ(count(bank), 100U);
  EXPECT_TRUE(events::has_gaps(*store).value());
  append_days(5);
  trim();
  EXPECT_EQ(count(shop), 10U);
  // One that asks for less from now on is looked for from the begin again.
  ASSERT_TRUE(directory->change_account(
      "bank", {.retention = [](directory::Retention& retention) { retention.events = days(10); }}));
  trim();
  EXPECT_EQ(count(bank), 10U);
}

TEST_F(LogTrimmerTest, WhatAServedReaderHasNotReadStaysInAShortRetentionToo) {
  ASSERT_TRUE(directory->change_account(
      "shop", {.retention = [](directory::Retention& retention) { retention.events = days(10); }}));
  append_days(100);
  readers = {{.name = "slow", .next = 21}};
  trim();
  EXPECT_EQ(count(shop), 90U);
}

}  // namespace
}  // namespace postrider::retention
