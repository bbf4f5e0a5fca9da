#include "search/find.h"

#include <gtest/gtest.h>
#include <random>
#include <set>

#include "events/event_store.h"
#include "search/indexer.h"
#include "support/fresh_folder.h"
#include "support/full_event.h"
#include "support/running_store.h"

namespace postrider::search {
namespace {

using events::Event;
using events::Type;
using Ids = std::vector<std::uint64_t>;

constexpr AccountId kShop{1};
constexpr AccountId kBank{2};
constexpr std::uint64_t kApart = 5000 * kIdStep;  // some seven ids in a second

TEST(Words, AreRunsOfLettersDigitsAndWhatIsNotAscii) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(words_of("Re: Order #17, ORDER\tgr\xc3\xbc\xc3\x9f"
                     "e!"),
            (Words{"re", "order", "17",
                   "gr\xc3\xbc\xc3\x9f"
                   "e"}));
  EXPECT_EQ(words_of(""), Words());
  EXPECT_EQ(words_of("--- !!"), Words());
  EXPECT_EQ(words_of(std::string(100, 'x')), Words{std::string(32, 'x')});
  EXPECT_EQ(words_of("a b c d e f g h i j k l m n").size(), 12U);
}

TEST(IndexKey, NewestSecondsComeFirstAndTimesBoundIds) {
  const ListName list = list_of(Kind::word, kShop, "order");
  EXPECT_GT(row_key(list, 7, 0), row_key(list, 8, 99)) << "newest first";
  EXPECT_LT(rows_from(list, 7), row_key(list, 7, 0));
  EXPECT_GT(rows_end(list), row_key(list, 0, ~std::uint64_t{0}));
  EXPECT_EQ(second_in(row_key(list, 7, 99)), 7U);
  const Time time{std::chrono::milliseconds(1'795'413'132'000)};
  const RecipientId first = first_id_at(time);
  EXPECT_EQ(time_of(first), time);
  EXPECT_LT(time_of(RecipientId{first.value - 1}), time);
  EXPECT_EQ(second_of(first), second_of(RecipientId{first.value - 1}) + 1);
}

TEST(IndexKey, IdsOfARowComeBackAndDamageIsSeen) {
  const std::uint64_t begin = std::uint64_t{77} << 23;
  const std::vector<RecipientId> ids{{begin}, {begin + 256}, {begin + (1U << 23) - 1}};
  const std::string row = encode_ids(ids);
  std::vector<RecipientId> back;
  EXPECT_TRUE(decode_ids(77, row, back));
  EXPECT_EQ(back, ids);
  EXPECT_FALSE(decode_ids(77, row + row, back)) << "beyond its second";
  EXPECT_FALSE(decode_ids(77, row.substr(0, 2), back)) << "cut in a number";
}

class FindTest : public ::testing::Test {
 protected:
  static Event event(Type type, std::uint64_t number, AccountId account = kShop) {
    Event made;
    made.type = type;
    made.account = account;
    made.recipient = RecipientId{number * kApart};
    made.to = "R" + std::to_string(number % 10) + "@example.net";
    made.header_from = number % 2 == 0 ? "Even@shop.example" : "odd@shop.example";
    made.subject = number % 3 == 0 ? "Your order" : "Spring news";
    made.attempt = type == Type::accepted ? 0 : 1;
    made.site = type == Type::accepted ? "" : "mx.example.net";
    return made;
  }

  void take(const std::vector<Event>& events) { take(std::span(events), events.size()); }
  /// In batches of so many.
  void take(std::span<const Event> events, std::size_t batch) {
    for (; !events.empty(); events = events.subspan(std::min(batch, events.size()))) {
      const std::span<const Event> first = events.first(std::min(batch, events.size()));
      std::vector<Event> some(first.begin(), first.end());
      some.front().sequence = ++sequence_;
      store::Step step;
      Indexer indexer;
      ASSERT_TRUE(indexer.take(some, step));
      ASSERT_TRUE(indexer.finish(step));
      ASSERT_TRUE(store_.commit(std::move(step)));
    }
  }

  Found find(Query query, std::vector<AccountId> accounts = {kShop, kBank}) {
    auto found = search::find(*store_, accounts, query);
    EXPECT_TRUE(found);
    return *std::move(found);
  }
  Ids ids(Query query, std::vector<AccountId> accounts = {kShop, kBank}) {
    Ids all;
    for (const RecipientId id : find(std::move(query), std::move(accounts)).ids) {
      all.push_back(id.value / kApart);
    }
    return all;
  }

  std::uint64_t rows() {
    std::uint64_t count = 0;
    EXPECT_TRUE(store_->scan(store::Table::search, "", "", [&](std::string_view, std::string_view) {
      ++count;
      return true;
    }));
    return count;
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  std::uint64_t sequence_ = 0;
};

/// Guards the list of fields that the indexer says it reads.
TEST_F(FindTest, WhatTheIndexerDoesNotReadChangesNothing) {
  const auto log = events::make_event_store(*store_);
  store::Step step;
  for (const Type type : test::kEveryType) {
    for (const std::string machine : {"", "scanner"}) {
      Event full = test::full_event(type);
      full.machine = machine;
      log->append(step, full);
    }
  }
  ASSERT_TRUE(store_.commit(std::move(step)));
  const auto rows = [&](events::FieldSet fields) {
    Indexer indexer;
    store::Step indexed;
    EXPECT_TRUE(indexer.take(log->read(1, 100, {}, fields).value().events, indexed));
    EXPECT_TRUE(indexer.finish(indexed));
    return test::writes(indexed);
  };
  EXPECT_EQ(rows(Indexer().reads()), rows(events::FieldSet::all()));
  EXPECT_GT(rows(Indexer().reads()).size(), 15U);
}

TEST_F(FindTest, EverythingThatIsAskedMustApply) {
  std::vector<Event> events;
  for (std::uint64_t number = 1; number <= 12; ++number) {
    events.push_back(event(Type::accepted, number));
  }
  take(events);
  EXPECT_EQ(ids({}).size(), 12U);
  EXPECT_EQ(ids({}).front(), 12U) << "newest first";
  EXPECT_EQ(ids({.terms = {{Kind::recipient, "r2@example.net"}}}), (Ids{12, 2}));
  EXPECT_EQ(ids({.terms = {{Kind::word, "order"}}}), (Ids{12, 9, 6, 3}));
  EXPECT_EQ(ids({.terms = {{Kind::word, "order"}, {Kind::word, "your"}}}), (Ids{12, 9, 6, 3}));
  EXPECT_EQ(ids({.terms = {{Kind::word, "order"}, {Kind::sender, "even@shop.example"}}}),
            (Ids{12, 6}));
  EXPECT_EQ(ids({.terms = {{Kind::word, "order"}, {Kind::word, "news"}}}), Ids());
  EXPECT_EQ(ids({.terms = {{Kind::word, "nothing"}}}), Ids());
  EXPECT_EQ(ids({.from = RecipientId{4 * kApart}, .before = RecipientId{7 * kApart}}),
            (Ids{6, 5, 4}));
}

TEST_F(FindTest, StatusIsWhatTheLastEventMadeItHoweverEventsFallIntoBatches) {
  Event second = event(Type::deferred, 2);
  second.attempt = 2;
  Event third = event(Type::delivered, 2);
  third.attempt = 3;
  const std::vector<Event> events{event(Type::accepted, 1),
                                  event(Type::accepted, 2),
                                  event(Type::accepted, 3),
                                  event(Type::accepted, 4),
                                  event(Type::accepted, 5),
                                  event(Type::deferred, 2),
                                  event(Type::deferred, 3),
                                  event(Type::delivered, 4),
                                  event(Type::bounced, 4),
                                  event(Type::delivered, 5),
                                  second,
                                  third,
                                  event(Type::accepted, 6),
                                  event(Type::failed, 6),
                                  event(Type::accepted, 7),
                                  event(Type::delivered, 7),
                                  event(Type::complained, 7),
                                  event(Type::unsubscribed, 7),
                                  event(Type::delayed, 7)};
  for (std::size_t batch = 1; batch <= events.size(); ++batch) {
    store::Step step;
    Indexer().begin_at(1, step);
    ASSERT_TRUE(store_.commit(std::move(step)));
    take(std::span(events), batch);
    const auto with = [&](const char* status) { return ids({.terms = {{Kind::status, status}}}); };
    EXPECT_EQ(with("accepted"), Ids{1}) << batch;
    EXPECT_EQ(with("delivered"), (Ids{5, 2})) << batch;
    EXPECT_EQ(with("deferred"), Ids{3}) << batch;
    EXPECT_EQ(with("bounced"), Ids{4}) << batch;
    EXPECT_EQ(with("failed"), Ids{6}) << batch;
    EXPECT_EQ(with("complained"), Ids{7}) << batch;
    EXPECT_EQ(ids({.terms = {{Kind::provider, "mx.example.net"}}}), (Ids{7, 6, 5, 4, 3, 2}))
        << batch;
  }
}

TEST_F(FindTest, WhatMayBeAPersonsHitIsFound) {
  Event scanner = event(Type::clicked, 2);
  scanner.machine = "scanner";
  Event person_after_all = event(Type::reassessed, 2);
  person_after_all.machine = "none";
  take({event(Type::accepted, 1), event(Type::delivered, 1), event(Type::clicked, 1),
        event(Type::accepted, 2), event(Type::delivered, 2), scanner});
  const auto with = [&](const char* status) { return ids({.terms = {{Kind::status, status}}}); };
  EXPECT_EQ(with("clicked"), Ids{1});
  EXPECT_EQ(with("delivered"), (Ids{2, 1})) << "reading is no step of the delivery";
  take({person_after_all});
  EXPECT_EQ(with("clicked"), (Ids{2, 1}));
}

TEST_F(FindTest, WhatABatchHasInCommonIsOneRow) {
  std::vector<Event> events;
  for (std::uint64_t number = 2; number <= 2000; number += 6) {  // one sender, one subject
    events.push_back(event(Type::accepted, number));
    events.back().to = std::to_string(number) + "@example.net";
    events.push_back(event(Type::delivered, number));
  }
  for (Event& one : events) {
    one.recipient.value /= kApart / kIdStep;  // of one second
  }
  take(events);
  const std::uint64_t recipients = events.size() / 2;
  EXPECT_LT(rows(), recipients + 20) << "one for each address, and a few";
  EXPECT_EQ(ids({.terms = {{Kind::word, "spring"}}, .limit = 1000}).size(), recipients);
}

TEST_F(FindTest, AnAccountSeesItsOwn) {
  take({event(Type::accepted, 1, kShop), event(Type::accepted, 2, kBank),
        event(Type::accepted, 3, kShop)});
  EXPECT_EQ(ids({}, {kShop}), (Ids{3, 1}));
  EXPECT_EQ(ids({}, {kBank}), Ids{2});
  EXPECT_EQ(ids({}), (Ids{3, 2, 1}));
}

TEST_F(FindTest, BeginningAgainAtTheFirstEventDropsTheIndex) {
  take({event(Type::accepted, 1)});
  Indexer indexer;
  EXPECT_FALSE(indexer.can_begin_at(2));
  ASSERT_TRUE(indexer.can_begin_at(1));
  store::Step step;
  indexer.begin_at(1, step);
  ASSERT_TRUE(store_.commit(std::move(step)));
  EXPECT_EQ(ids({}), Ids());
}

/// Against a search without an index, page by page, with so few looks that pages end early.
TEST_F(FindTest, PagesTogetherAreTheWholeWhateverTheirSize) {
  const unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  std::vector<Event> events;
  for (std::uint64_t number = 1; number <= 900; ++number) {
    events.push_back(event(Type::accepted, number, random() % 4 == 0 ? kBank : kShop));
    if (random() % 20 == 0) {
      events.push_back(event(Type::failed, number, events.back().account));
    }
  }
  take(events);
  Ids expected;
  for (const Event& one : events) {
    if (one.type == Type::failed && one.subject == "Your order") {
      expected.push_back(one.recipient.value / kApart);
    }
  }
  std::ranges::reverse(expected);
  for (const std::size_t limit : {1U, 7U, 1000U}) {
    for (const std::uint64_t looks : {3U, 50U, 100'000U}) {
      Query query{.terms = {{Kind::status, "failed"}, {Kind::word, "order"}},
                  .limit = limit,
                  .looked_at_max = looks};
      Ids all;
      Found page;
      do {
        page = find(query);
        ASSERT_LE(page.ids.size(), limit);
        for (const RecipientId id : page.ids) {
          all.push_back(id.value / kApart);
        }
        ASSERT_LT(page.before, query.before) << seed;
        query.before = page.before;
      } while (page.has_more);
      EXPECT_EQ(all, expected) << seed << ": pages of " << limit << ", looks " << looks;
    }
  }
}

}  // namespace
}  // namespace postrider::search
