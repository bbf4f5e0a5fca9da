// The dispatcher and its workers: where mail goes, when, and how all of it ends.
#include "delivery/dispatcher.h"

#include "delivery/judgement.h"
#include "delivery_harness.h"

namespace postrider::delivery {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

using Steady = std::chrono::steady_clock;

/// Gives no answer before its gate is open.
class HeldResolver final : public dns::Resolver {
 public:
  HeldResolver(dns::Resolver& real, asio::io_context& context) : gate(context), real_(real) {}

  awaitable<Result<dns::Answer<dns::Mx>>> mx(std::string name) override {
    co_await gate.passed();
    co_return co_await real_.mx(std::move(name));
  }
  awaitable<Result<dns::Answer<asio::ip::address>>> addresses(std::string name, bool v4,
                                                              bool v6) override {
    return real_.addresses(std::move(name), v4, v6);
  }
  awaitable<Result<dns::Answer<std::string>>> txt(std::string name) override {
    return real_.txt(std::move(name));
  }
  awaitable<Result<dns::Answer<std::string>>> cname(std::string name) override {
    return real_.cname(std::move(name));
  }

  Gate gate;

 private:
  dns::Resolver& real_;
};

class DispatcherTest : public DeliveryTest {
 protected:
  using DeliveryTest::DeliveryTest;

  void open() {
    dispatcher = std::make_unique<Dispatcher>(services_held(), options_now());
    clock.on_jump([this] { dispatcher->tick(); });
  }

  void TearDown() override {
    gate.open();
    if (dispatcher) {
      finish(dispatcher->stop(1ms));
    }
    DeliveryTest::TearDown();
  }

  const Services& services_held() {
    if (!held_) {
      return services;
    }
    with_held_ = std::make_unique<Services>(Services{.clock = clock,
                                                     .threads = threads,
                                                     .spool = spool,
                                                     .directory = directory,
                                                     .resolver = *held_,
                                                     .recorder = recorder,
                                                     .tracking_keys = services.tracking_keys,
                                                     .tls = services.tls,
                                                     .token_key = {},
                                                     .return_path_domain = "bounces.example"});
    return *with_held_;
  }

  /// Look-ups wait for the gate of what is returned.
  HeldResolver& hold_look_ups() {
    held_ = std::make_unique<HeldResolver>(resolver, threads.context(0));
    return *held_;
  }

  queue::Waiting add(const std::string& recipient) {
    const queue::Waiting waiting = letter(recipient);
    dispatcher->add_recovered(waiting);
    return waiting;
  }

  Route route_to(const ScriptedHost& host) const {
    const std::string address = host.address();
    Route route;
    route.host = address.substr(0, address.find(':'));
    route.port = host.port();
    return route;
  }

  /// Takes everything, but gives no verdict before the gate is open.
  ScriptedHost::Script holding() {
    return [this](Visit& visit) -> awaitable<void> {
      co_await visit.welcome();
      while (true) {
        const std::string to = co_await visit.message();
        if (to.empty()) {
          co_return;
        }
        co_await gate.passed();
        co_await visit.say("250 2.0.0 taken at last\r\n");
      }
    };
  }
  static awaitable<void> say_nothing(Visit& visit) { co_await visit.line(); }

  std::size_t scheduled() { return result_of(dispatcher->figures()).scheduled; }

  Gate gate{threads.context(0)};
  std::unique_ptr<Dispatcher> dispatcher;

 private:
  std::unique_ptr<HeldResolver> held_;
  std::unique_ptr<Services> with_held_;
};

class Delivery : public DispatcherTest {
 protected:
  ScriptedHost& mx1 = host("mx1");
  ScriptedHost& mx2 = host("mx2");
};

TEST_F(Delivery, GoesToTheDomainsMailHost) {
  resolver.mail["a.example"] = {{20, "mx1"}, {10, "mx2"}};
  open();
  add("ann@a.example");
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), ElementsAre("ann@a.example delivered 250 2.0.0 taken"));
  EXPECT_EQ(recorder.attempts[0].peer->host, "mx2");
  EXPECT_EQ(recorder.attempts[0].peer->site, "mx1,mx2");
}

TEST_F(Delivery, DomainsWithTheSameMailHostsAreOneSite) {
  resolver.mail["a.example"] = {{10, "mx1"}, {20, "mx2"}};
  resolver.mail["b.example"] = {{10, "mx1"}, {20, "mx2"}};
  options.default_limits.connections = 1;
  open();
  add("ann@a.example");
  add("bob@b.example");
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_EQ(mx1.connections(), 1U);
  EXPECT_THAT(result_of(dispatcher->figures()).sites, SizeIs(1));
}

TEST_F(Delivery, OfAnAccountWithARouteGoesThereBeforeTheDomainsRoute) {
  ScriptedHost& mx3 = host("mx3");
  resolver.mail["a.example"] = {{10, "mx1"}};
  options.routes.set("b.example", route_to(mx2));
  options.account_routes = {{"routed", route_to(mx3)}};
  open();
  add("ann@a.example");
  add("bob@b.example");
  account = directory.add_account("routed", kNow)->id;
  add("cid@a.example");
  add("dan@b.example");
  ASSERT_TRUE(run_until_attempts(4));
  EXPECT_THAT(mx1.taken(), ElementsAre("1: ann@a.example"));
  EXPECT_THAT(mx2.taken(), ElementsAre("1: bob@b.example"));
  EXPECT_THAT(mx3.taken(),
              UnorderedElementsAre(HasSubstr("cid@a.example"), HasSubstr("dan@b.example")));
}

TEST_F(Delivery, ToNowhereIsToldAtOnce) {
  resolver.mail["null.example"] = {{0, ""}};
  open();
  add("ann@nowhere.example");
  add("bob@down.example");
  add("cid@null.example");
  ASSERT_TRUE(run_until_attempts(3));
  EXPECT_THAT(told(), UnorderedElementsAre(StartsWith("ann@nowhere.example failed 0 5.1.2 "),
                                           StartsWith("bob@down.example deferred 0 4.4.3 "),
                                           StartsWith("cid@null.example failed 0 5.1.10 ")));
}

class HeldDelivery : public Delivery {
 protected:
  void SetUp() override {
    Delivery::SetUp();
    if (directory.snapshot()->account("paused") == nullptr) {
      ASSERT_TRUE(directory.add_account("paused", kNow));
    }
    account = directory.snapshot()->account("paused")->id;
  }
  void TearDown() override {
    pause(false);
    Delivery::TearDown();
  }

  void pause(bool is_paused) {
    const auto change = [&](directory::BulkPause& pause) { pause.is_paused = is_paused; };
    ASSERT_TRUE(directory.change_account("paused", {.bulk_pause = change}));
    dispatcher->look_at_pauses();
    run_to_rest();
  }

  void add_bulk(const std::string& recipient) {
    queue::Waiting waiting = letter(recipient);
    waiting.is_bulk = true;
    dispatcher->add_recovered(waiting);
  }

  std::size_t held() { return result_of(dispatcher->figures()).held; }
};

TEST_F(HeldDelivery, OfBulkMailIsNotEvenLookedUp) {
  open();
  pause(true);
  add_bulk("ann@nowhere.example");
  add("bob@nowhere.example");
  ASSERT_TRUE(run_until_attempts(1));
  run_to_rest();
  EXPECT_THAT(told(), ElementsAre(StartsWith("bob@nowhere.example failed 0 5.1.2 ")));
  EXPECT_EQ(held(), 1U);
  const auto entries = result_of(dispatcher->entries(10));
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_TRUE(entries[0].is_held);
  pause(false);
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_EQ(held(), 0U);
}

TEST_F(HeldDelivery, OfBulkMailThatIsOnItsWayToItsSiteIsHeldThere) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  HeldResolver& look_ups = hold_look_ups();
  open();
  add_bulk("ann@a.example");
  run_to_rest();
  EXPECT_EQ(result_of(dispatcher->figures()).looking_up, 1U);
  pause(true);
  look_ups.gate.open();
  ASSERT_TRUE(run_until([this] { return held() == 1; }));
  EXPECT_EQ(attempts(), 0U);
  pause(false);
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), ElementsAre(HasSubstr("delivered")));
}

// Not as one that its host would not take: the pause is ours.
TEST_F(HeldDelivery, ExpiresByItsSchedule) {
  open();
  pause(true);
  add_bulk("ann@a.example");
  run_to_rest();
  ASSERT_EQ(held(), 1U);
  clock.advance(24h * 30);
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_EQ(recorder.attempts[0].reply.enhanced, kExpiredHeld);
  EXPECT_EQ(held(), 0U);
}

TEST_F(Delivery, WaitsForItsTime) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  open();
  queue::Waiting waiting = letter("ann@a.example");
  waiting.due = clock.now() + 5min;
  dispatcher->add_recovered(waiting);
  clock.advance(4min);
  run_to_rest();
  EXPECT_EQ(scheduled(), 1U);
  EXPECT_EQ(attempts(), 0U);
  clock.advance(1min);
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), Each(HasSubstr("delivered")));
}

TEST_F(Delivery, ThatFellDueBeforeTheStartKeepsThePaceOfRetries) {
  resolver.mail["null.example"] = {{0, ""}};
  resolver.mail["a.example"] = {{10, "mx1"}};
  open();
  for (int i = 0; i < 2000; ++i) {
    queue::Waiting tried = letter("ann@null.example");
    tried.attempts = 1;
    dispatcher->add_recovered(tried);
  }
  add("bob@a.example");
  ASSERT_TRUE(run_until([this] { return !mx1.taken().empty(); }));
  EXPECT_GE(scheduled(), 1000U);
}

TEST_F(Delivery, WaitsAsLongAsItHasToWhateverTheClockIsSetBy) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  for (const Duration set : {Duration(24h), Duration(-48h)}) {
    SCOPED_TRACE(set.count());
    if (!dispatcher) {
      open();
    }
    const std::size_t before = attempts();
    queue::Waiting waiting = letter("ann@a.example");
    waiting.due = clock.now() + 5min;
    dispatcher->add_recovered(waiting);
    clock.set(set);
    clock.advance(4min);
    run_to_rest();
    EXPECT_EQ(scheduled(), 1U);
    EXPECT_EQ(attempts(), before);
    const auto entries = result_of(dispatcher->entries(10));
    ASSERT_THAT(entries, SizeIs(1));
    EXPECT_EQ(entries[0].waiting.due, clock.now() + 1min) << "people see the wall clock";
    clock.advance(1min);
    ASSERT_TRUE(run_until_attempts(before + 1));
    EXPECT_THAT(told(), Each(HasSubstr("delivered")));
  }
}

TEST_F(Delivery, DoesNotExpireBecauseTheClockIsSet) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  open();
  queue::Waiting waiting = letter("ann@a.example");
  waiting.due = clock.now() + 1h;
  dispatcher->add_recovered(waiting);
  clock.set(24h * 365 * 50);
  clock.advance(1h);
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_EQ(mx1.connections(), 1U);
  EXPECT_EQ(recorder.attempts[0].waiting.accepted, clock.steady_now() - 1h);
}

// The process before this one had a clock that was ahead.
TEST_F(Delivery, IsNotStuckBecauseTheClockWasAhead) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  open();
  queue::Waiting waiting = letter("ann@a.example");
  waiting.accepted = clock.now() + 24h;
  waiting.due = clock.now() + 25h;
  waiting.attempts = 1;
  dispatcher->add_recovered(waiting);
  run_to_rest();
  EXPECT_EQ(scheduled(), 1U);
  clock.advance(options.default_retry.longest_wait());
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_EQ(recorder.attempts[0].waiting.accepted, kNow);
}

// The process before this one began on a machine whose clock had not been set yet.
TEST_F(Delivery, DoesNotExpireBecauseTheClockStoodAt1970) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  open();
  queue::Waiting waiting = letter("ann@a.example");
  waiting.accepted = Time(1min);
  waiting.due = Time(6min);
  waiting.attempts = 1;
  dispatcher->add_recovered(waiting);
  clock.advance(options.default_retry.longest_wait());
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), ElementsAre(HasSubstr("delivered")));
  EXPECT_EQ(recorder.attempts[0].waiting.accepted, kNow);
}

TEST_F(Delivery, ALaterTryIsNoSoonerForARestart) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  open();
  queue::Waiting waiting = letter("ann@a.example");
  waiting.due = clock.now() + 24h;
  waiting.attempts = 3;
  waiting.laters = 3;
  dispatcher->add_recovered(waiting);
  clock.advance(24h - 1min);
  run_to_rest();
  EXPECT_EQ(scheduled(), 1U);
  clock.advance(1min);
  ASSERT_TRUE(run_until_attempts(1));
}

TEST_F(Delivery, IsTriedAgainWhenTheRecorderSaysSo) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  recorder.again = [&](const Attempt& attempt) -> std::optional<queue::Waiting> {
    if (attempt.reply.is_positive()) {
      return std::nullopt;
    }
    queue::Waiting later = attempt.waiting;
    later.due = clock.now() + 5min;
    return later;
  };
  mx1.follow({[](Visit& visit) -> awaitable<void> {
    co_await visit.welcome();
    co_await visit.envelope();
    co_await visit.say("451 4.7.1 greylisted\r\n");
    co_await visit.take_all();
  }});
  open();
  add("ann@a.example");
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_EQ(scheduled(), 1U);
  clock.advance(5min);
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(told(), ElementsAre("ann@a.example deferred 451 4.7.1 greylisted",
                                  "ann@a.example delivered 250 2.0.0 taken"));
}

TEST_F(Delivery, OfADomainCanBeHurried) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  resolver.mail["b.example"] = {{10, "mx1"}};
  open();
  for (const char* to : {"ann@a.example", "bob@b.example"}) {
    queue::Waiting waiting = letter(to);
    waiting.due = clock.now() + 5min;
    dispatcher->add_recovered(waiting);
  }
  EXPECT_EQ(result_of(dispatcher->hurry("a.example")), 1U);
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), ElementsAre(StartsWith("ann@a.example delivered")));
  EXPECT_EQ(scheduled(), 1U);
  EXPECT_EQ(result_of(dispatcher->hurry("")), 1U);
  ASSERT_TRUE(run_until_attempts(2));
}

TEST_F(Delivery, ThatIsReadyExpiresToo) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  options.default_limits.connections = 1;
  mx1.follow({holding()});
  open();
  add("ann@a.example");
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  add("bob@a.example");
  clock.advance(119h);
  add("cid@a.example");
  run_to_rest();
  EXPECT_THAT(told(), IsEmpty());
  clock.advance(1h);
  ASSERT_TRUE(run_until_attempts(1));
  run_to_rest();
  EXPECT_THAT(told(), ElementsAre(AllOf(StartsWith("bob@a.example expired"), HasSubstr("4.4.7"))));
  gate.open();
  ASSERT_TRUE(run_until_attempts(3));
  EXPECT_THAT(told()[2], StartsWith("cid@a.example delivered"));
}

TEST_F(Delivery, ThatHasExpiredIsNotTried) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  open();
  const queue::Waiting waiting = letter("ann@a.example");
  clock.advance(120h);
  dispatcher->add_recovered(waiting);
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(told(), ElementsAre(StartsWith("ann@a.example expired")));
  EXPECT_EQ(mx1.connections(), 0U);
}

TEST_F(Delivery, OfWhatIsReadyGoesWhereNewOptionsSendIt) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  options.default_limits.connections = 1;
  mx1.follow({holding()});
  open();
  add("ann@a.example");
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  add("bob@a.example");
  run_to_rest();
  ASSERT_THAT(result_of(dispatcher->entries(10)),
              ElementsAre(testing::Field(&QueueEntry::site, "mx1")));
  options.routes.set("a.example", route_to(mx2));
  dispatcher->set_options(options_now());
  ASSERT_TRUE(run_until_attempts(1));
  EXPECT_THAT(mx2.taken(), ElementsAre("1: bob@a.example"));
  gate.open();
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(told(), Each(HasSubstr("delivered")));
}

TEST_F(Delivery, ObeysNewLimitsOfASite) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  options.default_limits.connections = 1;
  mx1.follow({holding()});
  open();
  for (const char* to : {"ann@a.example", "bob@a.example", "cid@a.example", "dan@a.example"}) {
    add(to);
  }
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  options.default_limits.connections = 2;
  dispatcher->set_options(options_now());
  EXPECT_TRUE(run_until([&] { return gate.reached() == 2; }));
  EXPECT_EQ(mx1.connections(), 2U);
}

TEST_F(Delivery, OfADomainThatIsBeingLookedUpGoesWhereNewOptionsSendIt) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  HeldResolver& held = hold_look_ups();
  open();
  add("ann@a.example");
  ASSERT_TRUE(run_until([&] { return held.gate.reached() == 1; }));
  options.routes.set("a.example", route_to(mx2));
  dispatcher->set_options(options_now());
  run_to_rest();
  held.gate.open();
  ASSERT_TRUE(run_until_attempts(1));
  add("bob@a.example");
  ASSERT_TRUE(run_until_attempts(2));
  EXPECT_THAT(mx2.taken(), ElementsAre("1: ann@a.example", "1: bob@a.example"));
}

TEST_F(Delivery, KeepsToItsRateAlthoughItsSiteIsEmptyInBetween) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  options.default_limits.messages_per_second = 0.001;
  options.idle_timeout = 5ms;
  open();
  add("ann@a.example");
  ASSERT_TRUE(run_until_attempts(1));
  ASSERT_TRUE(run_until([&] { return mx1.open() == 0; }));
  run_to_rest();
  clock.advance(1min);  // sweeps
  run_to_rest();
  add("bob@a.example");
  run_to_rest();
  EXPECT_EQ(mx1.connections(), 1U);
  EXPECT_EQ(attempts(), 1U);
}

TEST_F(Delivery, IsFinishedWithinTheLimitWhenAllStops) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  options.default_limits.connections = 1;
  mx1.follow({holding()});
  open();
  add("ann@a.example");
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  const queue::Waiting ready = add("bob@a.example");
  asio::post(threads.context(0), [this] { gate.open(); });
  finish(dispatcher->stop(10s));
  EXPECT_THAT(told(), ElementsAre("ann@a.example delivered 250 2.0.0 taken at last"));
  EXPECT_TRUE(is_in_spool(ready));
}

TEST_F(Delivery, ThatHangsIsCutOffAtTheLimitWhenAllStops) {
  resolver.mail["a.example"] = {{10, "mx1"}, {20, "mx2"}};
  resolver.mail["b.example"] = {{10, "mx1"}};
  struct Case {
    const char* name;
    std::string domain;
    ScriptedHost::Script script;
    std::size_t attempts;  ///< one that was under way is told; what never began is not
  };
  const Case cases[] = {
      {"without a greeting", "a.example", say_nothing, 0},
      {"without a greeting of the only host", "b.example", say_nothing, 0},
      {"without a verdict", "a.example", holding(), 1},
  };
  options.default_limits.connections = 1;
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    recorder.attempts.clear();
    const std::size_t before = mx1.connections();
    mx1.follow({row.script});
    open();
    const queue::Waiting first = add("ann@" + row.domain);
    const queue::Waiting second = add("bob@" + row.domain);
    ASSERT_TRUE(run_until([&] { return mx1.connections() > before; }));
    run_to_rest();
    const auto begin = Steady::now();
    finish(dispatcher->stop(50ms));
    EXPECT_LT(Steady::now() - begin, 5s);
    EXPECT_EQ(attempts(), row.attempts);
    EXPECT_TRUE(is_in_spool(first) && is_in_spool(second));
    EXPECT_EQ(mx2.connections(), 0U);
  }
}

// The content is more than the buffers between us take, and the peer reads none of it.
TEST_F(Delivery, ThatIsBeingWrittenIsCutOffAtTheLimitWhenAllStops) {
  resolver.mail["a.example"] = {{10, "mx1"}};
  content += std::string(20 << 20, 'x');
  mx1.follow({[this](Visit& visit) -> awaitable<void> {
    co_await visit.welcome();
    co_await visit.envelope();
    co_await visit.say("354 go\r\n");
    co_await gate.passed();
  }});
  open();
  const queue::Waiting waiting = add("ann@a.example");
  ASSERT_TRUE(run_until([&] { return gate.reached() == 1; }));
  run_to_rest();
  finish(dispatcher->stop(50ms));
  EXPECT_TRUE(is_in_spool(waiting));
}

/// Two workers, each with a site of its own.
class DeliveryOnTwoThreads : public DispatcherTest {
 protected:
  DeliveryOnTwoThreads() : DispatcherTest(2) {
    // A name is worth a thread by its hash: as many hosts as it takes until both have one.
    for (int i = 1; i < 20 && (names[0].empty() || names[1].empty()); ++i) {
      const std::string name = "mx" + std::to_string(i);
      std::string& place = names[std::hash<std::string>()(name) % 2];
      if (place.empty()) {
        place = name;
        hosts.push_back(&host(name));
        resolver.mail[name + ".example"] = {{10, name}};
      }
    }
  }

  std::array<std::string, 2> names;  ///< of the hosts, by thread
  std::vector<ScriptedHost*> hosts;
};

TEST_F(DeliveryOnTwoThreads, ReachesTheSitesOfBoth) {
  open();
  for (const std::string& name : names) {
    add("ann@" + name + ".example");
    add("bob@" + name + ".example");
  }
  ASSERT_TRUE(run_until_attempts(4));
  EXPECT_THAT(told(), Each(HasSubstr("delivered")));
  EXPECT_THAT(result_of(dispatcher->figures()).sites, SizeIs(2));
}

// The threads run: what comes in on one is signed on both, and sent on the one that its site has.
TEST_F(DeliveryOnTwoThreads, SignsAndSendsOnThreadsThatRun) {
  ASSERT_TRUE(directory.add_domain(account, "example.org", true, kNow));
  from_domain = "example.org";
  std::vector<queue::Waiting> all;
  for (int i = 0; i < 10; ++i) {
    for (const std::string& name : names) {
      all.push_back(letter("ann@" + name + ".example"));
    }
  }
  open();
  start_threads();
  asio::post(threads.context(1), [&] {
    for (const queue::Waiting& one : all) {
      dispatcher->add(one);
    }
  });
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_TRUE(recorder.noted.try_acquire_for(test::kPatience)) << i;
  }
  finish(dispatcher->stop(10s));
  dispatcher.reset();
  EXPECT_THAT(told(), Each(HasSubstr("delivered 250")));
  for (const ScriptedHost* one : hosts) {
    EXPECT_THAT(one->taken(), SizeIs(10));
  }
}

TEST_F(DeliveryOnTwoThreads, StopsOnBothWithinOneLimit) {
  for (ScriptedHost* one : hosts) {
    one->follow({holding()});
  }
  open();
  for (const std::string& name : names) {
    add("ann@" + name + ".example");
  }
  ASSERT_TRUE(run_until([&] { return gate.reached() == 2; }));
  const auto begin = Steady::now();
  finish(dispatcher->stop(500ms));
  EXPECT_LT(Steady::now() - begin, 950ms);
  EXPECT_EQ(attempts(), 2U);
}

// What was on its way between threads when all stopped is in the spool.
TEST_F(DeliveryOnTwoThreads, BeginsNothingOnAThreadThatHasStopped) {
  open();
  finish(dispatcher->stop(10s));
  for (std::size_t i = 0; i < 2; ++i) {
    auto destination = std::make_shared<Destination>();
    destination->site = names[i];
    destination->hosts.push_back({.name = names[i], .preference = 0, .addresses = {}});
    destination->port = options.mx.port;
    dispatcher->send_to_site(1 - i, destination, letter("ann@" + names[i] + ".example"));
  }
  run_to_rest();
  EXPECT_THAT(result_of(dispatcher->figures()).sites, IsEmpty());
  for (const ScriptedHost* one : hosts) {
    EXPECT_EQ(one->connections(), 0U);
  }
}

}  // namespace
}  // namespace postrider::delivery
