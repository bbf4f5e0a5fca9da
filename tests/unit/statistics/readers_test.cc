// Opens and clicks in the counters: people and machines apart, each recipient once.
#include <gtest/gtest.h>

#include "events/event_store.h"
#include "statistics/campaign_people.h"
#include "statistics/counter.h"
#include "statistics/histogram.h"
#include "statistics/query.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::statistics {
namespace {

using events::Event;
using events::Type;

constexpr AccountId kShop{1};
constexpr std::uint32_t kHour = 24 * 20'000 + 10;

class ReadersTest : public ::testing::Test {
 protected:
  static Event hit(Type type, std::uint64_t recipient, std::uint32_t hours_later = 0,
                   std::string machine = "") {
    Event made;
    made.type = type;
    made.time = Time(std::chrono::hours(kHour + hours_later));
    made.account = kShop;
    made.recipient = RecipientId{recipient * kIdStep};
    made.campaign = "spring";
    made.machine = std::move(machine);
    return made;
  }

  /// Into the log and through the counter; the sequence of the first.
  std::uint64_t take(const std::vector<Event>& some) {
    const std::uint64_t first = log_->last_sequence() + 1;
    store::Step step;
    for (const Event& event : some) {
      log_->append(step, event);
    }
    EXPECT_TRUE(store_.commit(std::move(step)));
    store::Step counted;
    EXPECT_TRUE(counter_.take(log_->read(first, some.size()).value().events, counted));
    EXPECT_TRUE(counter_.finish(counted));
    EXPECT_TRUE(store_.commit(std::move(counted)));
    return first;
  }

  static Event changed(std::uint64_t about, std::string was, std::string now) {
    Event made;
    made.type = Type::reassessed;
    made.time = Time(std::chrono::hours(kHour + 5));
    made.about_event = about;
    made.machine_was = std::move(was);
    made.machine = std::move(now);
    return made;
  }

  Counts counts(std::uint32_t hour = kHour) const {
    const auto answer = ask(*store_, {.by = Query::By::hour, .from = hour, .to = hour + 1}).value();
    return answer.total;
  }
  static std::vector<std::uint64_t> opens(const Counts& counts) {
    return {counts.get(tag::of(Type::opened)), counts.get(tag::kOpenedUnique),
            counts.get(tag::kOpenedByMachines)};
  }
  using Numbers = std::vector<std::uint64_t>;

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  std::unique_ptr<events::EventStore> log_ = events::make_event_store(*store_);
  Counter counter_{*store_};
};

TEST_F(ReadersTest, EachRecipientCountsOnceHoweverOftenTheyCome) {
  take({hit(Type::opened, 1), hit(Type::opened, 1), hit(Type::opened, 2)});
  take({hit(Type::opened, 1), hit(Type::opened, 1, 1), hit(Type::opened, 3, 1)});
  EXPECT_EQ(opens(counts()), (Numbers{4, 2, 0}));
  EXPECT_EQ(opens(counts(kHour + 1)), (Numbers{2, 1, 0})) << "1 was there an hour before";
  EXPECT_EQ(counts().get(tag::kClickedUnique), 0U) << "opens are no clicks";
}

TEST_F(ReadersTest, MachinesStandApartAndProxiesAreWhoTheyFetchFor) {
  take({hit(Type::opened, 1, 0, "prefetch"), hit(Type::opened, 2, 0, "proxy"),
        hit(Type::opened, 3, 0, "scanner"), hit(Type::clicked, 3, 0, "scanner"),
        hit(Type::clicked, 2)});
  EXPECT_EQ(opens(counts()), (Numbers{1, 1, 2}));
  EXPECT_EQ(counts().get(tag::of(Type::clicked)), 1U);
  EXPECT_EQ(counts().get(tag::kClickedUnique), 1U);
  EXPECT_EQ(counts().get(tag::kClickedByMachines), 1U);
}

TEST_F(ReadersTest, AChangedVerdictMovesTheHitInItsOwnHour) {
  const std::uint64_t first = take({hit(Type::opened, 1), hit(Type::opened, 2)});
  take({changed(first, "none", "scanner")});
  EXPECT_EQ(opens(counts()), (Numbers{1, 1, 1}));
  take({changed(first, "scanner", "none")});
  EXPECT_EQ(opens(counts()), (Numbers{2, 2, 0}));
  EXPECT_TRUE(counts(kHour + 5).empty()) << "the change itself counts as nothing";
}

TEST_F(ReadersTest, WhoCameTwiceAndOnceAsAMachineStillCounts) {
  const std::uint64_t first = take({hit(Type::opened, 1), hit(Type::opened, 1, 1)});
  take({changed(first, "none", "scanner")});
  EXPECT_EQ(opens(counts()), (Numbers{0, 1, 1}));
  take({changed(first + 1, "none", "scanner")});
  EXPECT_EQ(opens(counts()), (Numbers{0, 0, 1})) << "taken back where it was counted";
  EXPECT_EQ(opens(counts(kHour + 1)), (Numbers{0, 0, 1}));
}

TEST_F(ReadersTest, AreCountedByWhereAndWithWhatTheyRead) {
  Event mac = hit(Type::opened, 1);
  mac.country = "DE";
  mac.reader_client = "Apple Mail";
  mac.device = "Mac";
  Event phone = hit(Type::opened, 1);
  phone.country = "FR";
  phone.reader_client = "Gmail";
  phone.device = "Pixel 8";
  Event unknown = hit(Type::opened, 2);
  const std::uint64_t first = take({mac, phone, unknown});
  const auto of = [&](Dimension dimension, const char* value) {
    const Query query{
        .of = dimension, .value = value, .by = Query::By::hour, .from = kHour, .to = kHour + 1};
    return opens(ask(*store_, query).value().total);
  };
  EXPECT_EQ(of(Dimension::country, "DE"), (Numbers{1, 1, 0}));
  EXPECT_EQ(of(Dimension::country, "FR"), (Numbers{1, 0, 0})) << "each recipient once";
  EXPECT_EQ(of(Dimension::client, "Gmail"), (Numbers{1, 0, 0}));
  EXPECT_EQ(of(Dimension::device, "Mac"), (Numbers{1, 1, 0}));
  EXPECT_EQ(opens(counts()), (Numbers{3, 2, 0}));

  // What is taken back is taken where it was counted.
  take({changed(first, "none", "scanner"), changed(first + 1, "none", "scanner")});
  EXPECT_EQ(of(Dimension::country, "DE"), (Numbers{0, 0, 1}));
  EXPECT_EQ(of(Dimension::country, "FR"), (Numbers{0, 0, 1}));
  EXPECT_EQ(opens(counts()), (Numbers{1, 1, 2}));
}

TEST_F(ReadersTest, CountedAnewTheyAreTheSame) {
  const std::uint64_t first = take({hit(Type::opened, 1), hit(Type::clicked, 1)});
  take({changed(first, "none", "scanner"), hit(Type::opened, 1)});
  const Counts before = counts();
  store::Step step;
  counter_.begin_at(1, step);
  ASSERT_TRUE(store_.commit(std::move(step)));
  step = {};
  ASSERT_TRUE(counter_.take(log_->read(1, 100).value().events, step));
  ASSERT_TRUE(counter_.finish(step));
  ASSERT_TRUE(store_.commit(std::move(step)));
  EXPECT_EQ(counts(), before);
}

TEST_F(ReadersTest, CampaignsHaveRowsOfTheirOwn) {
  take({hit(Type::opened, 1), hit(Type::opened, 1)});
  const auto answer = ask(*store_, {.by = Query::By::dimension,
                                    .dimension = Dimension::campaign,
                                    .from = kHour,
                                    .to = kHour + 1})
                          .value();
  ASSERT_EQ(answer.rows.size(), 1U);
  EXPECT_EQ(answer.rows[0].name, "spring");
  EXPECT_EQ(opens(answer.rows[0].counts), (Numbers{2, 1, 0}));
}

TEST_F(ReadersTest, OpensThatNameNobodyHaveNoUniqueOnes) {
  take({hit(Type::opened, 0), hit(Type::opened, 0)});
  EXPECT_EQ(opens(counts()), (Numbers{2, 0, 0}));
}

/// What tells where a recipient's mail went; `later`: behind the hour.
class WaysTest : public ReadersTest {
 protected:
  static Event delivered(std::uint64_t recipient, std::string site) {
    Event made = hit(Type::delivered, recipient);
    made.campaign = "";
    made.site = std::move(site);
    made.source_address = "192.0.2.7";
    made.attempt = 1;
    return made;
  }
  static Event opened_after(std::uint64_t recipient, Duration later, std::string machine = "") {
    Event made = hit(Type::opened, recipient, 0, std::move(machine));
    made.time += later;
    made.to = "User" + std::to_string(recipient % 3) + "@example.net";
    return made;
  }
  Counts of(Dimension dimension, const std::string& value) const {
    const Query query{.of = dimension,
                      .value = value,
                      .by = Query::By::dimension,
                      .dimension = Dimension::total,
                      .from = kHour,
                      .to = kHour + 1};
    return ask(*store_, query).value().total;
  }
  PeopleSet people(Type type = Type::opened, AccountId account = {}) const {
    return people_of(*store_, account, type, "spring", kHour, kHour + 1).value();
  }
};

TEST_F(WaysTest, OpensCountWhereTheMessageWentAndHowLongTheyTook) {
  using namespace std::chrono_literals;
  take({delivered(1, "mx.a.example"), delivered(2, "mx.b.example"), delivered(3, "mx.a.example")});
  take({opened_after(1, 40s), opened_after(1, 5min), opened_after(2, 2min), opened_after(3, 10min),
        opened_after(4, 1s)});
  const Counts a = of(Dimension::provider, "mx.a.example");
  EXPECT_EQ(opens(a), (Numbers{3, 2, 0}));
  EXPECT_NEAR(static_cast<double>(*quantile(a, tag::kOpenTime, 0.5)), 40'000, 40'000 / 32.0);
  EXPECT_NEAR(static_cast<double>(*quantile(a, tag::kOpenTime, 0.99)), 600'000, 600'000 / 32.0);
  EXPECT_EQ(opens(of(Dimension::provider, "mx.b.example")), (Numbers{1, 1, 0}));
  EXPECT_EQ(opens(of(Dimension::source, "192.0.2.7")), (Numbers{4, 3, 0}));
  EXPECT_EQ(opens(counts()), (Numbers{5, 4, 0})) << "whose way is not known counts elsewhere";
}

TEST_F(WaysTest, AnOpenBeforeItsDeliveryTookNoTime) {
  Event late = delivered(1, "mx.a.example");
  late.time += Duration(5000);
  take({late, opened_after(1, Duration(0))});
  EXPECT_EQ(quantile(of(Dimension::provider, "mx.a.example"), tag::kOpenTime, 0.5), 0U);
}

TEST_F(WaysTest, WhatTurnsOutToBeAMachinesIsTakenBackWholly) {
  using namespace std::chrono_literals;
  take({delivered(1, "mx.a.example"), delivered(2, "mx.a.example")});
  const std::uint64_t first = take({opened_after(1, 1s), opened_after(2, 20min)});
  EXPECT_EQ(people().count(), 2U);
  take({changed(first, "", "scanner")});
  const Counts a = of(Dimension::provider, "mx.a.example");
  EXPECT_EQ(opens(a), (Numbers{1, 1, 1}));
  EXPECT_NEAR(static_cast<double>(*quantile(a, tag::kOpenTime, 0.01)), 1'200'000, 1'200'000 / 32.0);
  EXPECT_EQ(people().count(), 1U);
  take({changed(first, "scanner", "")});
  EXPECT_EQ(people().count(), 2U);
  EXPECT_EQ(opens(of(Dimension::provider, "mx.a.example")), (Numbers{2, 2, 0}));
}

TEST_F(WaysTest, PeopleCountOnceForACampaignWhateverTheyGotOfIt) {
  take({opened_after(1, Duration(0)), opened_after(4, Duration(0)), opened_after(2, Duration(0))});
  take({opened_after(7, Duration(0)), hit(Type::clicked, 9)});
  EXPECT_EQ(people().count(), 2U) << "1, 4 and 7 are one";
  EXPECT_EQ(people(Type::opened, kShop).count(), 2U);
  EXPECT_EQ(people(Type::opened, AccountId{2}).count(), 0U);
  EXPECT_EQ(people(Type::clicked).count(), 1U) << "who is not named is their recipient";
  EXPECT_TRUE(people().is_exact());
  EXPECT_EQ(people_of(*store_, {}, Type::opened, "spring", kHour + 24, kHour + 48)->count(), 0U);
  EXPECT_EQ(people_of(*store_, {}, Type::opened, "sprin", kHour, kHour + 1)->count(), 0U);
}

TEST_F(WaysTest, DaysAreMergedAndACampaignOfManyIsEstimated) {
  constexpr std::uint64_t kMany = 4'000;
  std::vector<Event> some;
  for (std::uint64_t i = 0; i < kMany; ++i) {
    some.push_back(hit(Type::opened, 10 + i, i % 2 == 0 ? 0 : 24));
    some.back().to = "u" + std::to_string(i % 3'000) + "@example.net";
  }
  take(some);
  const PeopleSet both = people_of(*store_, {}, Type::opened, "spring", kHour, kHour + 25).value();
  EXPECT_FALSE(both.is_exact());
  EXPECT_NEAR(static_cast<double>(both.count()), 3'000, 3'000 * 3 * PeopleSet::kError);
}

}  // namespace
}  // namespace postrider::statistics
