#include "delivery/connector.h"

#include "delivery_harness.h"

namespace postrider::delivery {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Script = ScriptedHost::Script;

class Connector : public DeliveryTest {
 protected:
  struct Certified {
    test::FreshFolder folder;
    std::shared_ptr<const net::TlsServer> server;
  };
  static void SetUpTestSuite() {
    DeliveryTest::SetUpTestSuite();
    certified_ = std::make_unique<Certified>();
    const auto certificate = certified_->folder / "certificate.pem";
    const auto key = certified_->folder / "key.pem";
    ASSERT_TRUE(net::write_self_signed("mx1", certificate, key));
    certified_->server = *net::TlsServer::create(certificate, key);
  }
  static void TearDownTestSuite() {
    certified_.reset();
    DeliveryTest::TearDownTestSuite();
  }

  /// Connects to the hosts in this order, as `destination` and `options` are by now.
  std::expected<Connected, Refusal> connect(std::initializer_list<const char*> names) {
    destination.site = "mx";
    destination.hosts.clear();
    for (const char* name : names) {
      destination.hosts.push_back({.name = name, .preference = 0, .addresses = {}});
    }
    destination.port = options.mx.port;
    return result_of(connect_to_site(std::make_shared<const Destination>(destination), options,
                                     resolver, services.tls, troubled, 1));
  }
  std::string refusal_of(std::initializer_list<const char*> names) {
    const auto reached = connect(names);
    return reached ? "reached " + reached->peer->address
                   : smtp::to_string(reached.error().reply) +
                         (reached.error().is_final ? " (for ever)" : "");
  }
  std::string host_reached(std::initializer_list<const char*> names) {
    const auto reached = connect(names);
    return reached ? reached->peer->host : smtp::to_string(reached.error().reply);
  }

  static awaitable<void> offer_tls(Visit& visit) {
    co_await visit.welcome("250-STARTTLS\r\n");
    co_await visit.expect({"STARTTLS"});
  }
  /// STARTTLS as it should be.
  static Script with_tls() {
    return [](Visit& visit) -> awaitable<void> {
      co_await offer_tls(visit);
      co_await visit.say("220 go ahead\r\n");
      const Result<> secured =
          co_await visit.stream().accept_tls(certified_->server, net::within(10s));
      if (secured && co_await visit.line() == "EHLO relay.example") {
        co_await visit.say("250-mx1\r\n250 SIZE 77\r\n");
        co_await visit.line();
      }
    };
  }
  static awaitable<void> break_tls(Visit& visit) {
    co_await offer_tls(visit);
    co_await visit.say("220 go ahead\r\n");
    co_await visit.bytes(1);
    co_await visit.say("this is no handshake\r\n");
    co_await visit.line();
  }
  static awaitable<void> break_off_under_tls(Visit& visit) {
    co_await offer_tls(visit);
    co_await visit.say("220 go ahead\r\n");
    std::ignore = co_await visit.stream().accept_tls(certified_->server, net::within(10s));
    co_await visit.line();
  }
  static awaitable<void> in_the_clear(Visit& visit) {
    co_await visit.welcome("250-STARTTLS\r\n");
    co_await visit.line();
  }
  static awaitable<void> without_tls(Visit& visit) {
    co_await visit.welcome();
    co_await visit.line();
  }
  static awaitable<void> refuse_tls(Visit& visit) {
    co_await offer_tls(visit);
    co_await visit.say("454 4.7.0 not now\r\n");
    co_await visit.line();
  }
  /// Says something for a greeting.
  static Script greeting(std::string words) {
    return [words](Visit& visit) -> awaitable<void> {
      co_await visit.say(words);
      co_await visit.line();
    };
  }

  ScriptedHost& first = host("mx1");
  Destination destination;
  TroubledHosts troubled;

 private:
  static inline std::unique_ptr<Certified> certified_;
};

TEST_F(Connector, ReachesTheFirstHostAndSaysWhere) {
  host("mx2");
  const auto reached = connect({"mx1", "mx2"});
  ASSERT_TRUE(reached);
  EXPECT_EQ(reached->peer->site, "mx");
  EXPECT_EQ(reached->peer->host, "mx1");
  EXPECT_EQ(reached->peer->address, first.address());
  EXPECT_EQ(reached->peer->source_address, "127.0.0.1");
  EXPECT_EQ(reached->peer->tls_version, "");
  EXPECT_TRUE(reached->has_alternative);
  EXPECT_TRUE(reached->client->features().pipelining);
}

TEST_F(Connector, GoesOnToTheNextHostWhereOneHasTrouble) {
  struct Case {
    const char* name;
    Script script;
  };
  const Case cases[] = {
      {"421 at the greeting", greeting("421 4.3.2 going down\r\n")},
      {"554 at the greeting", greeting("554 5.3.2 not you\r\n")},
      {"closes at once", [](Visit&) -> awaitable<void> { co_return; }},
      {"says nothing", [](Visit& visit) -> awaitable<void> { co_await visit.line(); }},
      {"speaks another protocol", greeting("HTTP/1.1 400 Bad Request\r\n")},
      {"closes at EHLO",
       [](Visit& visit) -> awaitable<void> {
         co_await visit.say("220 mx1 ESMTP\r\n");
         co_await visit.line();
       }},
      {"550 to EHLO",
       [](Visit& visit) -> awaitable<void> {
         co_await visit.say("220 mx1 ESMTP\r\n");
         co_await visit.line();
         co_await visit.say("550 5.7.1 not you\r\n");
         co_await visit.line();
       }},
  };
  host("mx2");
  options.timeouts.greeting = 50ms;
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    troubled = {};
    first.follow({row.script});
    EXPECT_EQ(host_reached({"mx1", "mx2"}), "mx2");
    EXPECT_TRUE(troubled.contains(first.address()));
  }
}

TEST_F(Connector, GoesOnToTheNextHostWhereNobodyListens) {
  first.shut();
  host("mx2");
  EXPECT_EQ(host_reached({"mx1", "mx2"}), "mx2");
}

TEST_F(Connector, GoesOnToTheNextHostWhereOneHasNoAddress) {
  EXPECT_EQ(host_reached({"down.example", "nowhere.example", "mx1"}), "mx1");
}

TEST_F(Connector, TriesEveryAddressOfAHostBeforeTheNextHost) {
  first.follow({greeting("421 4.3.2 going down\r\n")});
  const ScriptedHost& second = host("mx2");
  host("mx3");
  resolver.hosts["mx1"] = {asio::ip::make_address("127.0.0.1"),
                           asio::ip::make_address("127.0.0.2")};
  const auto reached = connect({"mx1", "mx3"});
  ASSERT_TRUE(reached);
  EXPECT_EQ(reached->peer->host, "mx1");
  EXPECT_EQ(reached->peer->address, second.address());
}

TEST_F(Connector, TriesAHostThatHadTroubleLast) {
  host("mx2");
  troubled.add(first.address());
  EXPECT_EQ(host_reached({"mx1", "mx2"}), "mx2");
  const auto reached = connect({"mx1"});
  ASSERT_TRUE(reached) << "last is not never";
  EXPECT_FALSE(reached->has_alternative);
}

TEST_F(Connector, TriesTenAddressesInOneGoAndTheOthersNextTime) {
  std::vector<asio::ip::address> all;
  for (const char* name : {"far1", "far2"}) {
    resolver.hosts[name].clear();
    for (int i = 0; i < 8; ++i) {
      all.push_back(asio::ip::make_address("127.0.9." + std::to_string(all.size() + 1)));
      resolver.hosts[name].push_back(all.back());
    }
  }
  const auto count_tried = [&] {
    return std::ranges::count_if(all, [&](const asio::ip::address& address) {
      return troubled.contains(net::to_string({address, options.mx.port}));
    });
  };
  EXPECT_THAT(refusal_of({"far1", "far2"}), HasSubstr("Connection refused"));
  EXPECT_EQ(count_tried(), 10);
  EXPECT_THAT(refusal_of({"far1", "far2"}), HasSubstr("Connection refused"));
  EXPECT_EQ(count_tried(), 16);
}

TEST_F(Connector, SaysWhatTheLastHostSaid) {
  first.follow({greeting("554 5.3.2 not you\r\n")});
  ScriptedHost& second = host("mx2");
  second.follow({greeting("421 4.3.2 going down\r\n")});
  EXPECT_EQ(refusal_of({"mx1", "mx2"}), "421 4.3.2 going down");
  troubled = {};
  EXPECT_EQ(refusal_of({"mx2", "mx1"}), "554 5.3.2 not you");
}

TEST_F(Connector, SaysWhatAHostSaidAlthoughAnotherWasSilent) {
  first.follow({greeting("554 5.3.2 not you\r\n")});
  host("mx2").shut();
  EXPECT_EQ(refusal_of({"mx1", "mx2", "down.example"}), "554 5.3.2 not you");
}

TEST_F(Connector, NamesTheHostAndTheStepWhereNobodySaidAnything) {
  first.shut();
  EXPECT_THAT(refusal_of({"mx1"}), AllOf(StartsWith("0 4.4.1 connecting to mx1 [127.0.0.1:"),
                                         HasSubstr("Connection refused")));
  EXPECT_THAT(refusal_of({"down.example"}), StartsWith("0 4.4.3 "));
}

TEST_F(Connector, GivesUpForEverOnlyWhereEveryAddressIsForbidden) {
  options.mx.allowed_networks.clear();
  EXPECT_THAT(refusal_of({"mx1"}), AllOf(HasSubstr("no public address"), HasSubstr("(for ever)")));
  EXPECT_THAT(refusal_of({"mx1", "down.example"}), Not(HasSubstr("(for ever)")));
  EXPECT_EQ(first.connections(), 0U);
}

TEST_F(Connector, ARouteMayLeadToAnyAddress) {
  options.mx.allowed_networks.clear();
  destination.is_route = true;
  EXPECT_EQ(host_reached({"mx1"}), "mx1");
  EXPECT_EQ(host_reached({"127.0.0.1"}), "127.0.0.1");
}

TEST_F(Connector, EncryptsWhereThePeerOffersIt) {
  first.follow({with_tls()});
  for (const TlsPolicy policy : {TlsPolicy::opportunistic, TlsPolicy::required}) {
    destination.limits.tls = policy;
    const auto reached = connect({"mx1"});
    ASSERT_TRUE(reached) << smtp::to_string(reached.error().reply);
    EXPECT_EQ(reached->peer->tls_version, "TLSv1.3");
    EXPECT_NE(reached->peer->tls_cipher, "");
    EXPECT_EQ(reached->client->features().size_max, 77U) << "what was offered under TLS counts";
  }
}

TEST_F(Connector, NeverEncryptsWhereItIsNotWanted) {
  first.follow({in_the_clear});
  destination.limits.tls = TlsPolicy::none;
  const auto reached = connect({"mx1"});
  ASSERT_TRUE(reached);
  EXPECT_EQ(reached->peer->tls_version, "");
}

TEST_F(Connector, VerifiesTheCertificateWhereThatIsWanted) {
  first.follow({with_tls()});
  destination.limits.tls = TlsPolicy::verified;
  EXPECT_THAT(refusal_of({"mx1"}), StartsWith("0 4.7.5 STARTTLS with mx1 ["));
  EXPECT_EQ(first.connections(), 1U) << "never in the clear";
}

TEST_F(Connector, TalksInTheClearWhereTlsFailsAndIsNotRequired) {
  struct Case {
    const char* name;
    Script script;
    std::size_t connections;
  };
  const Case cases[] = {{"the handshake breaks", break_tls, 2},
                        {"it breaks behind the handshake", break_off_under_tls, 2},
                        {"STARTTLS is refused", refuse_tls, 1},
                        {"STARTTLS is not offered", without_tls, 1}};
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    const std::size_t before = first.connections();
    std::vector<Script> scripts(before + 1, row.script);
    scripts.emplace_back(in_the_clear);
    first.follow(scripts);
    destination.limits.tls = TlsPolicy::opportunistic;
    {
      const auto reached = connect({"mx1"});
      ASSERT_TRUE(reached) << smtp::to_string(reached.error().reply);
      EXPECT_EQ(reached->peer->tls_version, "");
    }
    EXPECT_EQ(first.connections() - before, row.connections);
    EXPECT_FALSE(troubled.contains(first.address()));
  }
}

TEST_F(Connector, NeverTalksInTheClearWhereTlsIsRequired) {
  struct Case {
    const char* name;
    Script script;
    const char* why;
  };
  const Case cases[] = {{"the handshake breaks", break_tls, "0 4.7.5 STARTTLS with mx1 ["},
                        {"it breaks behind the handshake", break_off_under_tls, "0 4.4.2 EHLO to"},
                        {"STARTTLS is refused", refuse_tls, "454 4.7.0 not now"},
                        {"STARTTLS is not offered", without_tls, "0 4.7.4 mx1 ["}};
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    const std::size_t before = first.connections();
    std::vector<Script> scripts(before + 1, row.script);
    scripts.emplace_back(in_the_clear);
    first.follow(scripts);
    destination.limits.tls = TlsPolicy::required;
    EXPECT_THAT(refusal_of({"mx1"}), StartsWith(row.why));
    EXPECT_EQ(first.connections() - before, 1U);
  }
}

TEST_F(Connector, LogsInAtASmartHost) {
  std::string heard;
  first.follow({[&](Visit& visit) -> awaitable<void> {
    co_await visit.welcome("250-AUTH PLAIN\r\n");
    heard = co_await visit.line();
    co_await visit.say("235 2.7.0 welcome\r\n");
    co_await visit.line();
  }});
  destination.route = {.host = "mx1", .tls = {}, .user = "shop", .password = "secret"};
  EXPECT_EQ(host_reached({"mx1"}), "mx1");
  EXPECT_EQ(heard, "AUTH PLAIN AHNob3AAc2VjcmV0");
}

TEST_F(Connector, ARefusedPasswordIsTemporaryAndNotTheRecipientsFault) {
  first.follow({[](Visit& visit) -> awaitable<void> {
    co_await visit.welcome("250-AUTH PLAIN\r\n");
    co_await visit.line();
    co_await visit.say("535 5.7.8 wrong\r\n");
    co_await visit.line();
  }});
  destination.route = {.host = "mx1", .tls = {}, .user = "shop", .password = "secret"};
  EXPECT_EQ(refusal_of({"mx1"}), "0 4.7.8 the smart host refused our AUTH: 535 5.7.8 wrong");
}

}  // namespace
}  // namespace postrider::delivery
