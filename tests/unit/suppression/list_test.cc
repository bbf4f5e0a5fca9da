#include "suppression/list.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

#include "support/fresh_folder.h"
#include "support/running_store.h"
#include "suppression/keeper.h"

namespace postrider::suppression {
namespace {

using events::Event;
using events::Type;
using std::chrono::hours;

const Time kNow{std::chrono::seconds(1'800'000'000)};
constexpr AccountId kShop{1};
constexpr AccountId kBank{2};
const mail::Address kAnn{.local = "ann", .domain = "example.net"};

class ListTest : public testing::Test {
 protected:
  void put(AccountId account, Reason reason, const std::string& scope = {}) {
    Change change;
    change.reason = reason;
    change.scope = scope;
    change.time = kNow;
    change.address = "ann@example.net";
    store::Step step;
    Writing writing(list_);
    writing.put(step, account, kAnn, change, 1);
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  bool is_free(const List& list, AccountId account, const char* stream = "bulk") {
    return !list.find(account, kAnn, stream, kNow);
  }

  void wait_until_filled(List& list) {
    list.start();
    ASSERT_TRUE(store_.run_until([&] { return list.figures().is_ready; }));
  }

  Event event(Type type, std::uint64_t number, const char* kind, Time time = kNow) {
    Event made;
    made.sequence = number;
    made.type = type;
    made.time = time;
    made.account = kShop;
    made.recipient = RecipientId{number * kIdStep};
    made.from_domain = "shop.example";
    made.to = "Ann@example.net";
    made.stream = "bulk";
    made.kind = kind;
    made.reply = "550 5.1.1 no such user";
    return made;
  }

  void take(std::vector<Event> events) {
    store::Step step;
    ASSERT_TRUE(keeper_.take(events, step));
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  List list_{*store_, Secret{5}};
  SoftBounceLimit limit_{.count = 2, .over = hours(24)};
  std::map<std::string, bool, std::less<>> rules_;  // whether they suppress
  Keeper keeper_{*store_, list_, [this] { return limit_; },
                 [this](std::string_view rule) {
                   const auto found = rules_.find(rule);
                   return found == rules_.end() ? std::nullopt : std::optional(found->second);
                 }};
};

TEST_F(ListTest, AnAddressOnTheListIsFoundWithAndWithoutItsFilter) {
  put(kShop, Reason::hard_bounce);
  EXPECT_FALSE(is_free(list_, kShop));
  EXPECT_TRUE(is_free(list_, kBank));
  List other(*store_, Secret{5});
  EXPECT_FALSE(is_free(other, kShop)) << "the database is asked until the filter is filled";
  wait_until_filled(other);
  EXPECT_EQ(other.figures().entries, 1U);
  EXPECT_FALSE(is_free(other, kShop));
  EXPECT_TRUE(is_free(other, kBank));
}

TEST_F(ListTest, TheGlobalListHoldsForEveryAccount) {
  put(kGlobal, Reason::manual);
  EXPECT_FALSE(is_free(list_, kShop));
  EXPECT_FALSE(is_free(list_, kBank));
  EXPECT_EQ(to_string(*list_.find(kShop, kAnn, "bulk", kNow)),
            "manual (global list) since 2027-01-15T08:00:00.000Z");
}

TEST_F(ListTest, EachChangeMakesANewVersion) {
  const std::uint64_t before = list_.version();
  put(kShop, Reason::manual);
  EXPECT_FALSE(list_.is_current(before));
  EXPECT_TRUE(list_.is_current(list_.version()));
}

// It may have read the list as it was before.
TEST_F(ListTest, WhatIsAcceptedWhileAChangeIsBeingWrittenIsLookedUpAgain) {
  std::uint64_t at_acceptance = 1;
  {
    const Writing writing(list_);
    at_acceptance = list_.version();
    EXPECT_FALSE(list_.is_current(at_acceptance));
  }
  EXPECT_FALSE(list_.is_current(at_acceptance));
  take({event(Type::failed, 1, "hard")});
  EXPECT_FALSE(list_.is_current(list_.version())) << "the keeper has not heard that it is durable";
  take({});
  EXPECT_TRUE(list_.is_current(list_.version()));
}

TEST_F(ListTest, PagesGoOnWhereTheLastOneEnded) {
  store::Step step;
  Writing writing(list_);
  for (int i = 0; i < 25; ++i) {
    Change change;
    change.time = kNow;
    change.address = "user" + std::to_string(i) + "@example.net";
    writing.put(step, kShop, {.local = "user" + std::to_string(i), .domain = "example.net"}, change,
                1);
  }
  ASSERT_TRUE(store_.commit(std::move(step)));
  put(kBank, Reason::manual);
  std::set<std::string> seen;
  std::string after;
  int pages = 0;
  do {
    const Result<List::Page> page = list_.page(kShop, after, 10);
    ASSERT_TRUE(page);
    for (const ListedAddress& one : page->addresses) {
      EXPECT_TRUE(seen.insert(one.changes.at(0).address).second);
    }
    after = page->next;
    ++pages;
  } while (!after.empty());
  EXPECT_EQ(seen.size(), 25U);
  EXPECT_EQ(pages, 3);
  EXPECT_FALSE(list_.page(kShop, "nonsense", 10));
}

TEST_F(ListTest, AHardBounceGoesOnTheListAndABlockDoesNot) {
  take({event(Type::failed, 1, "block"), event(Type::deferred, 2, "hard")});
  EXPECT_TRUE(is_free(list_, kShop));
  take({event(Type::failed, 3, "hard")});
  const auto hit = list_.find(kShop, kAnn, "transactional", kNow);
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->change.reason, Reason::hard_bounce);
  EXPECT_EQ(hit->change.source, RecipientId{3 * kIdStep});
  EXPECT_EQ(hit->change.note, "550 5.1.1 no such user");
}

TEST_F(ListTest, TheRuleDecidesWhetherAHardBounceGoesOnTheList) {
  rules_ = {{"kept", false}, {"wrong", true}};
  Event refused = event(Type::failed, 1, "hard");
  refused.rule = "kept";
  Event late = event(Type::bounced, 2, "hard");
  late.rule = "kept";
  take({refused, late});
  EXPECT_TRUE(is_free(list_, kShop));
  refused.rule = "gone";
  take({refused});
  EXPECT_FALSE(is_free(list_, kShop)) << "a rule that is no more has judged it hard";
}

TEST_F(ListTest, ARuleSuppressesWhatIsFinalAndNeverABlock) {
  rules_ = {{"wrong", true}};
  for (const auto& [type, kind] :
       {std::pair(Type::failed, "block"), std::pair(Type::expired, "hard")}) {
    Event refused = event(type, 1, kind);
    refused.rule = "wrong";
    take({refused});
    EXPECT_TRUE(is_free(list_, kShop)) << kind;
  }
}

TEST_F(ListTest, ARefusalThatSpeaksOfAComplaintSuppressesWhereItsRuleSaysSo) {
  rules_ = {{"complained", true}, {"kept", false}};
  for (const char* rule : {"", "kept", "complained"}) {
    EXPECT_TRUE(is_free(list_, kShop)) << rule;
    Event refused = event(Type::failed, 1, "complaint");
    refused.rule = rule;
    take({refused});
  }
  ASSERT_FALSE(is_free(list_, kShop));
  EXPECT_EQ(list_.find(kShop, kAnn, "bulk", kNow)->change.reason, Reason::complaint);
}

TEST_F(ListTest, AReportThatCameLaterCountsAsWell) {
  take({event(Type::delivered, 1, ""), event(Type::bounced, 1, "hard")});
  EXPECT_FALSE(is_free(list_, kShop));
}

TEST_F(ListTest, WhoLeavesAStreamLeavesThatAlone) {
  Event left = event(Type::unsubscribed, 1, "");
  left.from_domain.clear();
  take({left});
  EXPECT_FALSE(is_free(list_, kShop, "bulk"));
  EXPECT_TRUE(is_free(list_, kShop, "transactional"));
  EXPECT_EQ(list_.find(kShop, kAnn, "bulk", kNow)->change.reason, Reason::unsubscribe);
}

TEST_F(ListTest, WhoComplainsIsSentNothing) {
  take({event(Type::complained, 1, "complaint")});
  EXPECT_FALSE(is_free(list_, kShop, "transactional"));
  EXPECT_EQ(list_.find(kShop, kAnn, "bulk", kNow)->change.reason, Reason::complaint);
}

// Reports of our own go to the sender: an address of the account's.
TEST_F(ListTest, AReportOfOursThatFailsSuppressesNobody) {
  Event report = event(Type::failed, 1, "hard");
  report.from_domain.clear();
  take({report});
  EXPECT_TRUE(is_free(list_, kShop));
}

TEST_F(ListTest, TheSameEventTwiceIsOneChange) {
  take({event(Type::failed, 3, "hard")});
  take({event(Type::failed, 3, "hard")});
  EXPECT_EQ(list_.history(kShop, kAnn)->size(), 1U);
}

TEST_F(ListTest, RepeatedSoftBouncesGoOnTheList) {
  take({event(Type::expired, 1, "soft")});
  EXPECT_TRUE(is_free(list_, kShop));
  take({event(Type::failed, 2, "soft", kNow + hours(24))});
  const auto hit = list_.find(kShop, kAnn, "bulk", kNow + hours(24));
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->change.reason, Reason::repeated_soft);
}

TEST_F(ListTest, ASoftBounceCountsOnceAlsoIfTheLogIsReadAgain) {
  limit_.over = hours(0);
  take({event(Type::expired, 1, "soft")});
  take({event(Type::expired, 1, "soft")});
  EXPECT_TRUE(is_free(list_, kShop));
  take({event(Type::expired, 2, "soft")});
  EXPECT_FALSE(is_free(list_, kShop));
}

TEST_F(ListTest, ASuccessInBetweenEndsTheCountAlsoWithinABatch) {
  take({event(Type::expired, 1, "soft"), event(Type::delivered, 2, "", kNow + hours(1)),
        event(Type::expired, 3, "soft", kNow + hours(24))});
  EXPECT_TRUE(is_free(list_, kShop));
  wait_until_filled(list_);
  take({event(Type::delivered, 4, "", kNow + hours(25))});
  take({event(Type::expired, 5, "soft", kNow + hours(49))});
  EXPECT_TRUE(is_free(list_, kShop));
}

}  // namespace
}  // namespace postrider::suppression
