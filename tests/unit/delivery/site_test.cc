#include "delivery/site.h"

#include "delivery_harness.h"

namespace postrider::delivery {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

using Steady = std::chrono::steady_clock;

class SiteOfHosts : public SiteTest {
 protected:
  /// Takes everything, but gives its first verdict when `gate` is open.
  ScriptedHost::Script holding() {
    return [this](Visit& visit) -> awaitable<void> {
      co_await visit.welcome();
      const std::string to = co_await visit.message();
      co_await gate.passed();
      co_await visit.say("250 2.0.0 taken at last\r\n");
      co_await visit.take_all();
    };
  }
  static awaitable<void> refuse(Visit& visit) {
    co_await visit.say("554 5.3.2 not you\r\n");
    co_await visit.line();
  }

  ScriptedHost& mx = host("mx1");
  Gate gate{threads.context(0)};
};

TEST_F(SiteOfHosts, UsesNoMoreConnectionsThanItsLimit) {
  destination.limits.connections = 2;
  mx.follow({holding()});
  open({"mx1"});
  for (int i = 0; i < 6; ++i) {
    site->add(letter("ann@example.net"));
  }
  ASSERT_TRUE(run_until([&] { return gate.reached() == 2; }));
  run_to_rest();
  gate.open();
  ASSERT_TRUE(run_until_attempts(6));
  EXPECT_EQ(mx.most_open(), 2U);
  EXPECT_EQ(mx.connections(), 2U);
}

TEST_F(SiteOfHosts, OpensAnotherConnectionOnlyForABacklog) {
  mx.follow({holding()});
  open({"mx1"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  site->add(letter("bob@example.net"));
  run_to_rest();
  EXPECT_EQ(mx.connections(), 1U) << "one that waits is soon the open connection's";
  site->add(letter("cid@example.net"));
  EXPECT_TRUE(run_until([&] { return gate.reached() == 2; }));
  EXPECT_EQ(mx.connections(), 2U);
}

TEST_F(SiteOfHosts, OpensAnotherConnectionForTheBacklogThatItsFirstMeets) {
  Gate greeting{threads.context(0)};
  mx.follow({[&, script = holding()](Visit& visit) -> awaitable<void> {
    co_await greeting.passed();
    co_await script(visit);
  }});
  destination.limits.connections = 1;
  open({"mx1"});
  for (int i = 0; i < 3; ++i) {
    site->add(letter("ann@example.net"));
  }
  ASSERT_TRUE(run_until([&] { return greeting.reached() == 1; }));
  destination.limits.connections = 2;
  site->set_destination(std::make_shared<const Destination>(destination));
  greeting.open();
  EXPECT_TRUE(run_until([&] { return gate.reached() == 2; }));
}

TEST_F(SiteOfHosts, SendsNoMoreMessagesOverAConnectionThanItsLimit) {
  destination.limits.connections = 1;
  destination.limits.messages_per_connection = 2;
  open({"mx1"});
  for (const char* to :
       {"a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example"}) {
    site->add(letter(to));
  }
  ASSERT_TRUE(run_until_attempts(5));
  EXPECT_THAT(mx.taken(), ElementsAre("1: a@x.example", "1: b@x.example", "2: c@x.example",
                                      "2: d@x.example", "3: e@x.example"));
}

TEST_F(SiteOfHosts, SendsNoFasterThanItsRate) {
  destination.limits.messages_per_second = 40;
  const auto begin = Steady::now();
  open({"mx1"});
  for (int i = 0; i < 9; ++i) {
    site->add(letter("ann@example.net"));
  }
  ASSERT_TRUE(run_until_attempts(9));
  EXPECT_GE(Steady::now() - begin, 200ms) << "the first is free, 8 wait 25 ms each";
}

TEST_F(SiteOfHosts, WaitsForItsRateWithoutNewConnections) {
  destination.limits.messages_per_second = 10;
  destination.limits.connections = 1;
  options.idle_timeout = 5ms;
  open({"mx1"});
  for (int i = 0; i < 3; ++i) {
    site->add(letter("ann@example.net"));
  }
  ASSERT_TRUE(run_until_attempts(3));
  EXPECT_EQ(mx.connections(), 3U) << "one when each message may go";
}

TEST_F(SiteOfHosts, WakesItsIdleConnectionForTheNextMessage) {
  open({"mx1"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until_attempts(1));
  run_to_rest();
  site->add(letter("bob@example.net"));
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(mx.taken(), ElementsAre("1: ann@example.net", "1: bob@example.net"));
}

TEST_F(SiteOfHosts, LetsAnIdleConnectionGoAfterItsTime) {
  options.idle_timeout = 10ms;
  open({"mx1"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until_attempts(1));
  ASSERT_TRUE(run_until([&] { return mx.open() == 0; }));
  EXPECT_TRUE(run_until([&] { return site->is_idle(); }));
  site->add(letter("bob@example.net"));
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(mx.taken(), ElementsAre("1: ann@example.net", "2: bob@example.net"));
}

TEST_F(SiteOfHosts, DefersAllThatIsReadyWhenNoHostWillTalk) {
  mx.follow({refuse});
  open({"mx1"});
  site->add(letter("ann@example.net"));
  site->add(letter("bob@example.net"));
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(told(), UnorderedElementsAre("ann@example.net deferred 554 5.3.2 not you",
                                           "bob@example.net deferred 554 5.3.2 not you"));
  EXPECT_EQ(recorder.attempts[0].peer->host, "mx1");
  EXPECT_EQ(site->figures().trouble, "554 5.3.2 not you");
  EXPECT_TRUE(run_until([&] { return site->is_idle(); }));
}

// Else its next try would begin with the same ten again.
TEST_F(SiteOfHosts, IsKeptWhileMoreHostsAreInTroubleThanOneTryTakes) {
  for (int i = 1; i <= 16; ++i) {
    resolver.hosts[i <= 8 ? "far1" : "far2"].push_back(
        asio::ip::make_address("127.0.9." + std::to_string(i)));
  }
  open({"far1", "far2"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until_attempts(1));
  ASSERT_TRUE(run_until([&] { return site->figures().connections == 0; }));
  EXPECT_FALSE(site->is_idle());
}

TEST_F(SiteOfHosts, FailsWhatNoHostCanEverTake) {
  options.mx.allowed_networks.clear();
  open({"mx1"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), ElementsAre(AllOf(StartsWith("ann@example.net failed"),
                                        HasSubstr("no public address"))));
}

TEST_F(SiteOfHosts, GoesOnOverItsConnectionWhenAnotherIsRefused) {
  mx.follow({holding(), refuse});
  open({"mx1"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  site->add(letter("bob@example.net"));
  site->add(letter("cid@example.net"));
  ASSERT_TRUE(run_until([&] { return mx.connections() == 2 && site->figures().connections == 1; }));
  EXPECT_THAT(told(), IsEmpty());
  // The host has had enough for now: it is not asked again at once.
  site->add(letter("dan@example.net"));
  run_to_rest();
  EXPECT_EQ(mx.connections(), 2U);
  gate.open();
  ASSERT_TRUE(run_until_attempts(4));
  EXPECT_THAT(told(), Each(HasSubstr("delivered")));
}

// Steady mail to a dead host: there is always a younger try, and yet each has its attempt.
TEST_F(SiteOfHosts, DefersWhatHasWaitedForADeadHostThoughMoreKeepsComing) {
  Gate first{threads.context(0)};
  Gate second{threads.context(0)};
  const auto silent_until = [](Gate& gate) {
    return [&gate](Visit& visit) -> awaitable<void> {
      co_await gate.passed();
      co_await refuse(visit);
    };
  };
  mx.follow({silent_until(first), silent_until(second)});
  open({"mx1"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until([&] { return first.reached() == 1; }));
  site->add(letter("bob@example.net"));
  ASSERT_TRUE(run_until([&] { return second.reached() == 1; }));
  first.open();
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), ElementsAre("ann@example.net deferred 554 5.3.2 not you"));
  EXPECT_EQ(site->figures().trouble, "554 5.3.2 not you") << "nobody has let us in";
  site->add(letter("cid@example.net"));
  run_to_rest();
  EXPECT_EQ(mx.connections(), 2U) << "a host that has refused is not asked again at once";
  second.open();
  ASSERT_TRUE(run_until_attempts(3));
  EXPECT_TRUE(run_until([&] { return site->is_idle(); }));
}

TEST_F(SiteOfHosts, ThatIsAskedByManyAtOnceIsNotDeadWhileTheFirstIsBeingLetIn) {
  Gate door{threads.context(0)};
  mx.follow({[&](Visit& visit) -> awaitable<void> {
               co_await door.passed();
               co_await visit.welcome();
               co_await visit.take_all();
             },
             refuse});
  open({"mx1"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until([&] { return door.reached() == 1; }));
  site->add(letter("bob@example.net"));
  ASSERT_TRUE(run_until([&] { return mx.connections() == 2 && site->figures().connections == 1; }));
  EXPECT_THAT(told(), IsEmpty());
  door.open();
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(told(), Each(HasSubstr("delivered")));
}

// What was sent now would be sent again after a crash.
TEST_F(SiteOfHosts, BeginsNothingThatCannotBeWrittenDown) {
  recorder.has_room = false;
  open({"mx1"}).add(letter("ann@example.net"));
  run_to_rest();
  EXPECT_EQ(mx.connections(), 0U);
  recorder.has_room = true;
  ASSERT_TRUE(run_until_attempts(1)) << "by itself";
}

TEST_F(SiteOfHosts, EndsWhatIsOnItsWayWhenNothingCanBeWrittenDownAnyMore) {
  mx.follow({holding()});
  destination.limits.connections = 1;
  open({"mx1"});
  for (const char* to : {"ann@example.net", "bob@example.net", "cid@example.net"}) {
    site->add(letter(to));
  }
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  recorder.has_room = false;
  gate.open();
  ASSERT_TRUE(run_until_attempts(2)) << "bob's envelope had been sent ahead";
  run_to_rest();
  EXPECT_EQ(attempts(), 2U);
  EXPECT_EQ(site->figures().ready, 1U);
}

TEST_F(SiteOfHosts, SweepsOutWhatHasExpiredAndKeepsTheRest) {
  mx.follow({holding()});
  destination.limits.connections = 1;
  open({"mx1"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  for (const char* to : {"bob@old.example", "cid@example.net", "dan@old.example"}) {
    site->add(letter(to));
  }
  std::vector<std::string> expired;
  site->sweep([](const queue::Waiting& one) { return one.domain == "old.example"; },
              [&](queue::Waiting one) { expired.push_back(one.domain); });
  EXPECT_THAT(expired, ElementsAre("old.example", "old.example"));
  EXPECT_EQ(site->figures().ready, 1U);
  gate.open();
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(told()[1], StartsWith("cid@example.net delivered"));
}

TEST_F(SiteOfHosts, BeginsNothingMoreOnceItIsStopped) {
  mx.follow({holding()});
  destination.limits.connections = 1;
  open({"mx1"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  site->add(letter("bob@example.net"));
  site->stop();
  site->add(letter("cid@example.net"));
  gate.open();
  ASSERT_TRUE(run_until([&] { return site->figures().connections == 0; }));
  EXPECT_THAT(told(), ElementsAre("ann@example.net delivered 250 2.0.0 taken at last"));
  EXPECT_EQ(site->figures().ready, 2U);
}

TEST_F(SiteOfHosts, LetsItsIdleConnectionsGoWhenItIsStopped) {
  open({"mx1"}).add(letter("ann@example.net"));
  ASSERT_TRUE(run_until_attempts(1));
  run_to_rest();
  site->stop();
  EXPECT_TRUE(run_until([&] { return site->is_idle(); }));
}

}  // namespace
}  // namespace postrider::delivery
