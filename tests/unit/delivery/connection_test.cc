#include "delivery/connection.h"

#include "base/bytes.h"
#include "delivery_harness.h"
#include "spool/records.h"

namespace postrider::delivery {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::string_view kPipelining = "250-PIPELINING\r\n";

class ConnectionOfASite : public SiteTest {
 protected:
  ConnectionOfASite() { destination.limits.connections = 1; }

  void add(std::initializer_list<const char*> recipients) {
    for (const char* recipient : recipients) {
      site->add(letter(recipient));
    }
  }

  static awaitable<void> take_all(Visit& visit) {
    co_await visit.welcome(kPipelining);
    co_await visit.take_all();
  }

  ScriptedHost& mx = host("mx1");
  Gate gate{threads.context(0)};
};

TEST_F(ConnectionOfASite, SendsTheNextEnvelopeBehindTheFinalDot) {
  bool is_ahead = false;
  mx.follow({[&](Visit& visit) -> awaitable<void> {
    co_await visit.welcome(kPipelining);
    co_await visit.message();
    const std::string next = co_await visit.line();
    is_ahead = next.starts_with("MAIL FROM:");
    co_await visit.say("250 2.0.0 taken\r\n250 ok\r\n");
    co_await visit.take_all();
  }});
  open({"mx1"});
  add({"ann@example.net", "bob@example.net"});
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_TRUE(is_ahead);
  EXPECT_THAT(told(), Each(HasSubstr("delivered")));
}

TEST_F(ConnectionOfASite, ThatThePeerClosesBetweenMessagesIsNoFailure) {
  struct Case {
    const char* name;
    std::string_view features;
    const char* last_words;
  };
  const Case cases[] = {
      {"with the envelope sent ahead", kPipelining, ""},
      {"without PIPELINING", "", ""},
      {"421 to the envelope sent ahead", kPipelining, "421 4.7.0 enough for this connection\r\n"},
      {"421 to MAIL", "", "421 4.7.0 enough for this connection\r\n"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    recorder.attempts.clear();
    const std::size_t before = mx.connections();
    const ScriptedHost::Script one_only = [&](Visit& visit) -> awaitable<void> {
      co_await visit.welcome(row.features);
      co_await visit.take();
      const std::string next = co_await visit.line();
      if (next.starts_with("MAIL")) {
        co_await visit.say(row.last_words);
      }
    };
    mx.follow({one_only});
    destination.hosts.clear();
    open({"mx1"});
    add({"ann@example.net", "bob@example.net", "cid@example.net"});
    ASSERT_TRUE(run_until_attempts(3));
    EXPECT_THAT(told(), ElementsAre("ann@example.net delivered 250 2.0.0 taken",
                                    "bob@example.net delivered 250 2.0.0 taken",
                                    "cid@example.net delivered 250 2.0.0 taken"));
    EXPECT_EQ(mx.connections() - before, 3U);
    site->stop();
    ASSERT_TRUE(run_until([&] { return site->is_idle(); }));
  }
}

// A connection that has carried nothing yet: what fails on it would count, there is no other host.
TEST_F(ConnectionOfASite, ThatThePeerClosedWhileItIdledIsNoFailure) {
  mx.follow({[this](Visit& visit) -> awaitable<void> {
               co_await gate.passed();
               co_await visit.welcome(kPipelining);
             },
             take_all});
  open({"mx1"});
  add({"ann@example.net"});
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  site->sweep([](const queue::Waiting&) { return true; }, [](const queue::Waiting&) {});
  gate.open();
  ASSERT_TRUE(run_until([&] { return mx.open() == 0; }));
  run_to_rest();
  add({"bob@example.net"});
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), ElementsAre("bob@example.net delivered 250 2.0.0 taken"));
  EXPECT_EQ(mx.connections(), 2U);
}

TEST_F(ConnectionOfASite, ThatBreaksInATransactionDefersItAndOnlyIt) {
  struct Case {
    const char* name;
    ScriptedHost::Script script;
    const char* told;
  };
  const Case cases[] = {
      {"closes after the final dot",
       [](Visit& visit) -> awaitable<void> {
         co_await visit.welcome(kPipelining);
         co_await visit.message();
       },
       "4.4.2 after the final dot: "},
      {"closes after the envelope",
       [](Visit& visit) -> awaitable<void> {
         co_await visit.welcome();
         co_await visit.envelope();
       },
       "4.4.2 during the transaction: "},
      {"421 to RCPT",
       [](Visit& visit) -> awaitable<void> {
         co_await visit.welcome();
         co_await visit.line();
         co_await visit.say("250 ok\r\n");
         co_await visit.line();
         co_await visit.say("421 4.3.2 going down\r\n");
         co_await visit.line();
       },
       "421 4.3.2 going down"},
      {"421 to the message",
       [](Visit& visit) -> awaitable<void> {
         co_await visit.welcome(kPipelining);
         co_await visit.message();
         co_await visit.say("421 4.3.2 going down\r\n");
         co_await visit.line();
       },
       "421 4.3.2 going down"},
      {"closes at the first MAIL",
       [](Visit& visit) -> awaitable<void> {
         co_await visit.welcome();
         co_await visit.line();
       },
       "4.4.2 during the transaction: "},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    recorder.attempts.clear();
    const std::size_t before = mx.connections();
    std::vector<ScriptedHost::Script> scripts(before + 1, row.script);
    scripts.emplace_back(take_all);
    mx.follow(scripts);
    destination.hosts.clear();
    open({"mx1"});
    add({"ann@example.net", "bob@example.net"});
    ASSERT_TRUE(run_until_attempts(2));
    EXPECT_THAT(told(),
                ElementsAre(AllOf(StartsWith("ann@example.net deferred"), HasSubstr(row.told)),
                            "bob@example.net delivered 250 2.0.0 taken"));
    EXPECT_EQ(mx.connections() - before, 2U);
    site->stop();
    ASSERT_TRUE(run_until([&] { return site->is_idle(); }));
  }
}

TEST_F(ConnectionOfASite, ThatBreaksBeforeItsFirstMessageLeadsToTheNextHost) {
  for (const std::string last_words : {"", "421 4.3.2 going down\r\n"}) {
    SCOPED_TRACE(last_words);
    recorder.attempts.clear();
    mx.follow({[&](Visit& visit) -> awaitable<void> {
      co_await visit.welcome();
      co_await visit.line();
      co_await visit.say(last_words);
    }});
    ScriptedHost& second = host(last_words.empty() ? "mx2" : "mx3");
    destination.hosts.clear();
    open({"mx1", last_words.empty() ? "mx2" : "mx3"});
    add({"ann@example.net"});
    ASSERT_TRUE(run_until_attempts(1));
    EXPECT_THAT(told(), ElementsAre("ann@example.net delivered 250 2.0.0 taken"));
    EXPECT_EQ(recorder.attempts[0].peer->address, second.address());
    EXPECT_TRUE(site->troubled().contains(mx.address()));
    site->stop();
    ASSERT_TRUE(run_until([&] { return site->is_idle(); }));
  }
}

TEST_F(ConnectionOfASite, GoesToThreeSilentHostsInOneAttemptAndToNoMore) {
  const auto silent = [](Visit& visit) -> awaitable<void> {
    co_await visit.welcome();
    co_await visit.line();
  };
  mx.follow({silent});
  for (const char* name : {"mx2", "mx3", "mx4"}) {
    host(name).follow({silent});
  }
  open({"mx1", "mx2", "mx3", "mx4"});
  add({"ann@example.net"});
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), ElementsAre(StartsWith("ann@example.net deferred")));
  EXPECT_EQ(recorder.attempts[0].peer->host, "mx3");
}

TEST_F(ConnectionOfASite, GivesEachRefusalToItsOwnRecipient) {
  mx.follow({[](Visit& visit) -> awaitable<void> {
    co_await visit.welcome();
    co_await visit.line();
    co_await visit.say("250 ok\r\n");
    co_await visit.line();
    co_await visit.say("550 5.1.1 no such user\r\n");
    co_await visit.take_all();
  }});
  open({"mx1"});
  add({"ann@example.net", "bob@example.net"});
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(told(), ElementsAre("ann@example.net failed 550 5.1.1 no such user",
                                  "bob@example.net delivered 250 2.0.0 taken"));
  EXPECT_EQ(mx.connections(), 1U);
}

TEST_F(ConnectionOfASite, KeepsToThePeersOwnLimits) {
  mx.follow({[](Visit& visit) -> awaitable<void> {
    co_await visit.welcome("250-PIPELINING\r\n250-LIMITS MAILMAX=2 RCPTMAX=2\r\n");
    co_await visit.take_all();
  }});
  account = directory.add_account("list", kNow)->id;
  ASSERT_TRUE(directory.change_account("list", {.own_return_paths = false}));
  open({"mx1"});
  for (queue::Waiting& one : message({"a@x.example", "b@x.example", "c@x.example"})) {
    site->add(std::move(one));
  }
  add({"d@x.example"});
  ASSERT_TRUE(run_until_attempts(4));
  EXPECT_THAT(mx.taken(),
              ElementsAre("1: a@x.example b@x.example", "1: c@x.example", "2: d@x.example"));
}

TEST_F(ConnectionOfASite, SendsCopiesOfTheirOwnOneByOne) {
  account = directory.add_account("list", kNow)->id;
  ASSERT_TRUE(directory.change_account("list", {.own_return_paths = false}));
  open({"mx1"});
  for (queue::Waiting& one : message({"a@x.example", "b@x.example"})) {
    one.has_own_copy = true;
    site->add(std::move(one));
  }
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(mx.taken(), ElementsAre("1: a@x.example", "1: b@x.example"));
}

TEST_F(ConnectionOfASite, SendsRecipientsWithOwnReturnPathsOneByOne) {
  open({"mx1"});
  for (queue::Waiting& one : message({"a@x.example", "b@x.example"})) {
    site->add(std::move(one));
  }
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(mx.taken(), ElementsAre("1: a@x.example", "1: b@x.example"));
}

TEST_F(ConnectionOfASite, RefusesItselfWhatThePeerCanNotTake) {
  mx.follow({[](Visit& visit) -> awaitable<void> {
    co_await visit.welcome("250-SIZE 100\r\n");
    co_await visit.take_all();
  }});
  open({"mx1"});
  add({"ann@example.net"});
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), ElementsAre(AllOf(StartsWith("ann@example.net failed"), HasSubstr("5.3.4"))));
  EXPECT_THAT(mx.taken(), IsEmpty());
}

TEST_F(ConnectionOfASite, SaysThatAMessageIsDamagedAndGoesOn) {
  const queue::Waiting damaged = letter("ann@example.net");
  const std::string key = spool::message_key(damaged.message);
  std::string stored = **store->get(store::Table::body, key);
  stored.back() ^= 1;
  ASSERT_TRUE(store.commit(test::put(store::Table::body, key, stored)));
  open({"mx1"}).add(damaged);
  add({"bob@example.net"});
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_TRUE(recorder.attempts[0].is_damaged);
  EXPECT_EQ(recorder.attempts[0].waiting.message, damaged.message);
  EXPECT_FALSE(recorder.attempts[1].is_damaged);
  EXPECT_THAT(mx.taken(), ElementsAre("1: bob@example.net"));
}

TEST_F(ConnectionOfASite, DropsWhatHasSettledMeanwhile) {
  const queue::Waiting settled = letter("ann@example.net");
  store::Step step;
  spool.settle(step, settled.message, 0, 1, false);
  ASSERT_TRUE(store.commit(std::move(step)));
  open({"mx1"}).add(settled);
  add({"bob@example.net"});
  ASSERT_TRUE(run_until_attempts(1));
  run_to_rest();
  EXPECT_THAT(told(), ElementsAre("bob@example.net delivered 250 2.0.0 taken"));
  EXPECT_THAT(mx.taken(), ElementsAre("1: bob@example.net"));
}

}  // namespace
}  // namespace postrider::delivery
