#include "search/find.h"

#include <gtest/gtest.h>
#include <random>
#include <set>

#include "search/indexer.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::search {
namespace {

using events::Event;
using events::Type;
using Ids = std::vector<std::uint64_t>;

constexpr AccountId kShop{1};
constexpr AccountId kBank{2};

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

TEST(IndexKey, IdsComeBackAndTheirTimesBoundThem) {
  const std::string list = list_of(Kind::word, kShop, "order");
  EXPECT_EQ(id_of(entry_of(list, RecipientId{7'306'114'048})), RecipientId{7'306'114'048});
  EXPECT_GT(entry_of(list, RecipientId{256}), entry_of(list, RecipientId{512})) << "newest first";
  const Time time{std::chrono::milliseconds(1'795'413'132'000)};
  const RecipientId first = first_id_at(time);
  EXPECT_EQ(time_of(first), time);
  EXPECT_LT(time_of(RecipientId{first.value - 1}), time);
}

class FindTest : public ::testing::Test {
 protected:
  static Event event(Type type, std::uint64_t number, AccountId account = kShop) {
    Event made;
    made.type = type;
    made.account = account;
    made.recipient = RecipientId{number * kIdStep};
    made.to = "R" + std::to_string(number % 10) + "@example.net";
    made.header_from = number % 2 == 0 ? "Even@shop.example" : "odd@shop.example";
    made.subject = number % 3 == 0 ? "Your order" : "Spring news";
    made.attempt = type == Type::accepted ? 0 : 1;
    made.site = type == Type::accepted ? "" : "mx.example.net";
    return made;
  }

  void take(const std::vector<Event>& events) {
    store::Step step;
    Indexer indexer;
    ASSERT_TRUE(indexer.take(events, step));
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  Found find(Query query, std::vector<AccountId> accounts = {kShop, kBank}) {
    auto found = search::find(*store_, accounts, query);
    EXPECT_TRUE(found);
    return *std::move(found);
  }
  Ids ids(Query query, std::vector<AccountId> accounts = {kShop, kBank}) {
    Ids all;
    for (const RecipientId id : find(std::move(query), std::move(accounts)).ids) {
      all.push_back(id.value / kIdStep);
    }
    return all;
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
};

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
  EXPECT_EQ(ids({.from = RecipientId{4 * kIdStep}, .before = RecipientId{7 * kIdStep}}),
            (Ids{6, 5, 4}));
}

TEST_F(FindTest, StatusIsWhatTheLastEventMadeIt) {
  Event second = event(Type::delivered, 2);
  second.attempt = 3;
  take({event(Type::accepted, 1), event(Type::accepted, 2), event(Type::accepted, 3),
        event(Type::accepted, 4), event(Type::accepted, 5), event(Type::deferred, 2),
        event(Type::deferred, 3), event(Type::delivered, 4), event(Type::bounced, 4), second,
        event(Type::failed, 5)});
  const auto with = [&](const char* status) { return ids({.terms = {{Kind::status, status}}}); };
  EXPECT_EQ(with("accepted"), Ids{1});
  EXPECT_EQ(with("delivered"), Ids{2});
  EXPECT_EQ(with("deferred"), Ids{3});
  EXPECT_EQ(with("bounced"), Ids{4});
  EXPECT_EQ(with("failed"), Ids{5});
  EXPECT_EQ(ids({.terms = {{Kind::provider, "mx.example.net"}}}), (Ids{5, 4, 3, 2}));
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
  store::Step partly;
  indexer.begin_at(2, partly);
  EXPECT_TRUE(partly.empty());
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
      expected.push_back(one.recipient.value / kIdStep);
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
          all.push_back(id.value / kIdStep);
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
