#include "health/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

#include "support/fresh_folder.h"
#include "support/full_event.h"
#include "support/running_store.h"
#include "support/temporary_directory.h"

namespace postrider::health {
namespace {

using namespace std::chrono_literals;
using directory::BulkPause;
using events::Event;
using events::Type;
using testing::HasSubstr;

constexpr Time kStart{std::chrono::hours(500'000)};

class MonitorTest : public testing::Test {
 protected:
  void SetUp() override {
    shop_ = directory_->add_account("shop", kStart).value().id;
    other_ = directory_->add_account("other", kStart).value().id;
    begin();
  }

  void begin() {
    monitor_.emplace(Monitor::Parts{.clock = clock_,
                                    .store = *store_,
                                    .events = *log_,
                                    .directory = *directory_,
                                    .figures = figures_,
                                    .limits = [this] { return limits_; },
                                    .pauses_changed = [this] { ++told_of_pauses_; }});
  }

  /// Of recipients with numbers of their own.
  std::vector<Event> mails(Type type, std::size_t count, std::string kind = "",
                           std::string site = "mx.a") {
    std::vector<Event> all;
    for (std::size_t i = 0; i < count; ++i) {
      Event event;
      event.type = type;
      event.time = clock_.now();
      event.account = shop_;
      event.message = MessageId{++last_id_};
      event.recipient = RecipientId{last_id_};
      event.from = "shop@example.org";
      event.from_domain = "example.org";
      event.stream = "bulk";
      event.site = site;
      event.kind = kind;
      all.push_back(std::move(event));
    }
    return all;
  }

  /// About mail that was told of before.
  std::vector<Event> about(std::vector<Event> mails, Type type, std::string kind) {
    for (Event& event : mails) {
      event.type = type;
      event.time = clock_.now();
      event.kind = kind;
    }
    return mails;
  }

  /// As it happens: written to the log, then read by the consumer.
  void happen(const std::vector<Event>& events) {
    store::Step step;
    for (const Event& event : events) {
      log_->append(step, event);
    }
    ASSERT_TRUE(store_.commit(std::move(step)));
    take(events);
  }

  void take(const std::vector<Event>& events) {
    store::Step step;
    ASSERT_TRUE(monitor_->take(events, step));
    ASSERT_TRUE(monitor_->finish(step));
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  std::vector<Event> told() {
    std::vector<Event> all;
    static constexpr std::array kOnly{Type::operational};
    for (const Event& event : log_->read(1, 1'000'000, kOnly).value().events) {
      all.push_back(event);
    }
    return all;
  }

  Tally sum(Window window, const std::string& site = "", Stream stream = Stream::bulk) {
    const auto rows = read_rates(*store_, shop_, pause().counted_from, 10, clock_.now());
    for (const NamedRates& row : rows.value()) {
      if (row.name.site == site && row.name.stream == stream) {
        return row.rates.sum(window, clock_.now());
      }
    }
    return {};
  }

  BulkPause pause() { return directory_->snapshot()->account(shop_)->bulk_pause; }

  void resume() {
    ASSERT_TRUE(directory_->change_account("shop", {.bulk_pause = [&](BulkPause& pause) {
                                             pause = {.is_paused = false,
                                                      .changed = clock_.now(),
                                                      .by = "ann",
                                                      .why = "list cleaned",
                                                      .counted_from = clock_.now()};
                                           }}));
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  std::unique_ptr<events::EventStore> log_ = events::make_event_store(*store_);
  TemporaryDirectory directory_;
  ManualClock clock_{kStart};
  Limits limits_;
  Figures figures_;
  std::optional<Monitor> monitor_;
  AccountId shop_;
  AccountId other_;
  std::uint64_t last_id_ = 1'000'000;
  int told_of_pauses_ = 0;
};

TEST_F(MonitorTest, WhatEndedIsCountedByStreamAndSite) {
  happen(mails(Type::delivered, 5, "", "mx.a"));
  happen(mails(Type::failed, 2, "hard", "mx.b"));
  happen(mails(Type::failed, 1, "block", "mx.b"));
  happen(mails(Type::expired, 1, "soft", "mx.b"));
  EXPECT_EQ(sum(Window::hour), (Tally{.ended = 9, .delivered = 5, .hard = 2}));
  EXPECT_EQ(sum(Window::week, "mx.a"), (Tally{.ended = 5, .delivered = 5}));
  EXPECT_EQ(sum(Window::day, "mx.b"), (Tally{.ended = 4, .hard = 2}));
  EXPECT_EQ(sum(Window::hour, "", Stream::transactional), Tally());
}

TEST_F(MonitorTest, ReportsOfOurOwnAreNotCounted) {
  auto reports = mails(Type::failed, 600, "hard");
  for (Event& report : reports) {
    report.from.clear();
    report.from_domain.clear();
  }
  happen(reports);
  EXPECT_EQ(sum(Window::hour), Tally());
  EXPECT_FALSE(pause().is_paused);
}

TEST_F(MonitorTest, AWarningIsToldOnceADay) {
  happen(mails(Type::delivered, 930));
  happen(mails(Type::failed, 70, "hard"));
  happen(mails(Type::failed, 1, "hard"));
  ASSERT_EQ(told().size(), 1U);
  const Event event = told().front();
  EXPECT_EQ(event.account, shop_);
  EXPECT_EQ(event.stream, "bulk");
  EXPECT_EQ(event.user, "postrider");
  EXPECT_THAT(event.detail, HasSubstr("7.0% of 1000 recipients of bulk mail"));
  EXPECT_FALSE(pause().is_paused);
  EXPECT_EQ(figures_.warnings, 1U);
  clock_.advance(25h);
  happen(mails(Type::failed, 1, "hard"));
  EXPECT_EQ(told().size(), 2U) << "the week still says so";
}

TEST_F(MonitorTest, TooManyHardBouncesPauseBulkMail) {
  happen(mails(Type::delivered, 450));
  EXPECT_FALSE(pause().is_paused);
  happen(mails(Type::failed, 60, "hard"));
  EXPECT_TRUE(pause().is_paused);
  EXPECT_EQ(pause().by, "postrider");
  EXPECT_EQ(pause().changed, clock_.now());
  EXPECT_THAT(pause().why, HasSubstr("11.8% of 510 recipients"));
  EXPECT_EQ(told_of_pauses_, 1);
  ASSERT_EQ(told().size(), 1U);
  EXPECT_THAT(told().front().detail, HasSubstr("the bulk mail of account shop is paused: 11.8%"));
  EXPECT_FALSE(directory_->snapshot()->account(other_)->bulk_pause.is_paused);
  happen(mails(Type::failed, 60, "hard"));
  EXPECT_EQ(told().size(), 1U) << "once";
}

TEST_F(MonitorTest, OneSiteIsEnough) {
  happen(mails(Type::delivered, 20'000, "", "mx.a"));
  happen(mails(Type::delivered, 400, "", "mx.b"));
  happen(mails(Type::failed, 100, "hard", "mx.b"));
  EXPECT_TRUE(pause().is_paused);
  EXPECT_THAT(pause().why, HasSubstr("20.0% of 500 recipients of bulk mail to mx.b"));
}

TEST_F(MonitorTest, ComplaintsPause) {
  const auto delivered = mails(Type::delivered, 2000);
  happen(delivered);
  clock_.advance(5h);
  happen(about({delivered.begin(), delivered.begin() + 5}, Type::complained, "complaint"));
  EXPECT_FALSE(pause().is_paused);
  ASSERT_EQ(told().size(), 1U) << "from 0.1% a warning";
  happen(about({delivered.begin() + 5, delivered.begin() + 7}, Type::complained, "complaint"));
  EXPECT_TRUE(pause().is_paused);
  EXPECT_THAT(pause().why, HasSubstr("0.35% of 2000 delivered copies of bulk mail in 24h"));
}

TEST_F(MonitorTest, WhatComesLateCountsWithItsDelivery) {
  const auto yesterday = mails(Type::delivered, 20'000);
  happen(yesterday);
  clock_.advance(26h);
  happen(mails(Type::delivered, 600));
  happen(about({yesterday.begin(), yesterday.begin() + 10}, Type::complained, "complaint"));
  happen(about({yesterday.begin() + 10, yesterday.begin() + 110}, Type::bounced, "hard"));
  EXPECT_EQ(sum(Window::day), (Tally{.ended = 600, .delivered = 600}));
  EXPECT_EQ(sum(Window::week),
            (Tally{.ended = 20'600, .delivered = 20'600, .hard = 100, .complaints = 10}));
  EXPECT_FALSE(pause().is_paused);
  EXPECT_TRUE(told().empty());
}

TEST_F(MonitorTest, TransactionalMailIsOnlyWarnedOf) {
  auto bad = mails(Type::failed, 1000, "hard");
  for (Event& event : bad) {
    event.stream = "transactional";
  }
  happen(bad);
  EXPECT_FALSE(pause().is_paused);
  ASSERT_EQ(told().size(), 1U);
  EXPECT_THAT(told().front().detail, HasSubstr("100.0% of 1000 recipients of transactional mail"));
}

TEST_F(MonitorTest, AfterItIsLetGoOnOldFiguresDoNotPauseAgain) {
  const auto before = mails(Type::delivered, 600);
  happen(before);
  happen(mails(Type::failed, 100, "hard"));
  ASSERT_TRUE(pause().is_paused);
  clock_.advance(1h);
  resume();
  EXPECT_EQ(sum(Window::week), Tally());
  happen(mails(Type::failed, 1, "hard"));
  happen(about({before.begin(), before.begin() + 50}, Type::bounced, "hard"));
  happen(about({before.begin() + 50, before.begin() + 90}, Type::complained, "complaint"));
  happen(mails(Type::delivered, 600));
  EXPECT_FALSE(pause().is_paused);
  EXPECT_EQ(sum(Window::week), (Tally{.ended = 601, .delivered = 600, .hard = 1}));
  happen(mails(Type::failed, 100, "hard"));
  EXPECT_TRUE(pause().is_paused) << "but new ones do";
  EXPECT_EQ(told().size(), 2U);
}

TEST_F(MonitorTest, ARestartForgetsNothing) {
  happen(mails(Type::delivered, 450));
  happen(mails(Type::failed, 40, "hard"));
  begin();
  happen(mails(Type::failed, 20, "hard"));
  EXPECT_TRUE(pause().is_paused);
}

TEST_F(MonitorTest, APauseThatCouldNotBeToldIsToldByTheSameBatch) {
  happen(mails(Type::delivered, 450));
  const auto bad = mails(Type::failed, 60, "hard");
  {
    store::Step lost;
    ASSERT_TRUE(monitor_->take(bad, lost));
    ASSERT_TRUE(monitor_->finish(lost));
  }
  ASSERT_TRUE(pause().is_paused);
  ASSERT_TRUE(told().empty());
  begin();
  take(bad);
  EXPECT_EQ(told().size(), 1U);
  EXPECT_EQ(sum(Window::hour).ended, 510U);
  begin();
  happen(mails(Type::failed, 1, "hard"));
  EXPECT_EQ(told().size(), 1U);
}

TEST_F(MonitorTest, AStepThatWasLostIsNotCounted) {
  happen(mails(Type::delivered, 100));
  const auto more = mails(Type::delivered, 10);
  store::Step lost;
  ASSERT_TRUE(monitor_->take(more, lost));
  ASSERT_TRUE(monitor_->finish(lost));
  ASSERT_TRUE(monitor_->take(more, lost));  // half of the next one
  monitor_->forget();
  take(more);
  EXPECT_EQ(sum(Window::hour).ended, 110U);
}

/// Guards the list of fields that it says it reads.
TEST_F(MonitorTest, WhatItDoesNotReadChangesNothing) {
  store::Step step;
  for (const Type type : monitor_->wants()) {
    for (const std::string kind : {"hard", "soft"}) {
      Event full = test::full_event(type);
      full.account = shop_;
      full.kind = kind;
      full.stream = "bulk";
      full.time = clock_.now();
      log_->append(step, full);
    }
    for (Event& report : mails(type, 1)) {
      report.from.clear();
      report.from_domain.clear();
      log_->append(step, report);
    }
  }
  ASSERT_TRUE(store_.commit(std::move(step)));
  const auto rows = [&](events::FieldSet fields) {
    begin();
    store::Step counted;
    EXPECT_TRUE(monitor_->take(log_->read(1, 100, {}, fields).value().events, counted));
    EXPECT_TRUE(monitor_->finish(counted));
    return test::writes(counted);
  };
  EXPECT_EQ(rows(monitor_->reads()), rows(events::FieldSet::all()));
  EXPECT_EQ(rows(monitor_->reads()).size(), 2U) << "all sites, and one";
}

TEST_F(MonitorTest, WhatIsOldIsSweptOut) {
  happen(mails(Type::delivered, 5, "", "mx.old"));
  clock_.advance(9 * 24h);
  happen(mails(Type::delivered, 5, "", "mx.new"));
  std::size_t rows = 0;
  ASSERT_TRUE(store_->scan(store::Table::health, first_rates_key(), behind_rates(),
                           [&](std::string_view key, std::string_view) {
                             EXPECT_NE(parse_rates_key(key)->site, "mx.old");
                             ++rows;
                             return true;
                           }));
  EXPECT_EQ(rows, 2U);
}

TEST_F(MonitorTest, AReplayCountsAnew) {
  const auto all = mails(Type::delivered, 100);
  happen(all);
  store::Step step;
  monitor_->begin_at(1, step);
  ASSERT_TRUE(store_.commit(std::move(step)));
  take(all);
  EXPECT_EQ(sum(Window::hour).ended, 100U);
}

TEST_F(MonitorTest, WhatAPersonHasPausedIsLeftToThem) {
  ASSERT_TRUE(directory_->change_account("shop", {.bulk_pause = [&](BulkPause& pause) {
                                           pause.is_paused = true;
                                           pause.changed = clock_.now();
                                           pause.by = "ann";
                                         }}));
  happen(mails(Type::failed, 1000, "hard"));
  EXPECT_EQ(pause().by, "ann");
  EXPECT_TRUE(told().empty());
}

}  // namespace
}  // namespace postrider::health
