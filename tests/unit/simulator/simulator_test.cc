// Every mailbox over loopback, asked by a client that speaks plain SMTP.
#include "simulator/simulator.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "net/connect.h"
#include "net/network.h"
#include "smtp/reply.h"

namespace postrider::simulator {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using boost::asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kLimit = 20s;

/// What a delivery came to: the replies, or "closed" and "not SMTP: ..." where there was none.
struct Outcome {
  std::string ehlo;
  std::string rcpt;
  std::string dot;
};

std::shared_ptr<const net::TlsServer> test_certificate() {
  const auto folder = std::filesystem::path(testing::TempDir());
  const auto certificate = folder / "simulator-cert.pem";
  const auto key = folder / "simulator-key.pem";
  if (!net::write_self_signed("mx.simulator.test", certificate, key)) {
    std::abort();
  }
  return net::TlsServer::create(certificate, key).value();
}

class Client {
 public:
  explicit Client(net::Stream stream) : stream_(std::move(stream)) {}

  awaitable<std::string> reply() {
    smtp::ReplyParser parser;
    while (true) {
      const Result<std::size_t> used = parser.feed(stream_.buffered());
      if (!used) {
        co_return "not SMTP: " + used.error().text();
      }
      stream_.consume(*used);
      if (parser.done()) {
        co_return smtp::to_string(parser.take());
      }
      if (!co_await stream_.fill(net::within(kLimit))) {
        co_return "closed";
      }
    }
  }

  awaitable<std::string> say(std::string line) {
    line += "\r\n";
    if (!co_await stream_.write(line, net::within(kLimit))) {
      co_return "closed";
    }
    co_return co_await reply();
  }

  awaitable<void> start_tls() {
    co_await say("STARTTLS");
    const auto tls = net::TlsClient::create(false).value();
    const Result<> done =
        co_await stream_.connect_tls(tls, "mx.simulator.test", net::within(kLimit));
    EXPECT_TRUE(done) << done.error().text();
  }

 private:
  net::Stream stream_;
};

class SimulatorTest : public testing::Test {
 protected:
  // OpenSSL writes with write(): a peer that has gone would end the process, as main() prevents.
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  SimulatorTest() : SimulatorTest(Options{.tls = test_certificate(), .late = 0ms}) {}

  explicit SimulatorTest(Options options)
      : simulator_(Simulator::start(io_.get_executor(), clock_, std::move(options)).value()) {}

  ~SimulatorTest() override { run(simulator_->stop()); }

  template <class T>
  T run(awaitable<T> task) {
    std::optional<T> result;
    boost::asio::co_spawn(io_, std::move(task), [&](const std::exception_ptr& error, T value) {
      EXPECT_FALSE(error);
      result = std::move(value);
    });
    while (!result && io_.run_one_for(kLimit) > 0) {
    }
    EXPECT_TRUE(result) << "not done within the limit";
    return std::move(result).value_or(T{});
  }

  void run(awaitable<void> task) {
    run([](awaitable<void> inner) -> awaitable<bool> {
      co_await std::move(inner);
      co_return true;
    }(std::move(task)));
  }

  tcp::endpoint endpoint(const std::string& domain = "simulator.test") const {
    for (const Route& route : simulator_->routes()) {
      if (route.pattern == domain) {
        return route.endpoint;
      }
    }
    ADD_FAILURE() << "no route for " << domain;
    return {};
  }

  static awaitable<Outcome> talk(tcp::endpoint server, std::string recipient, bool tls) {
    const net::Deadline deadline = net::within(kLimit);
    Result<net::Stream> stream = co_await net::connect(server, std::nullopt, deadline);
    if (!stream) {
      co_return Outcome{.ehlo = stream.error().text(), .rcpt = "", .dot = ""};
    }
    Client client(std::move(*stream));
    Outcome outcome;
    co_await client.reply();
    outcome.ehlo = co_await client.say("EHLO client.example");
    if (tls) {
      co_await client.start_tls();
      outcome.ehlo = co_await client.say("EHLO client.example");
    }
    co_await client.say("MAIL FROM:<shop@example.org>");
    outcome.rcpt = co_await client.say("RCPT TO:<" + recipient + ">");
    if (!outcome.rcpt.starts_with("250")) {
      co_return outcome;
    }
    co_await client.say("DATA");
    outcome.dot =
        co_await client.say("From: shop@example.org\r\nSubject: order 17\r\n\r\nhello\r\n.");
    co_await client.say("QUIT");
    co_return outcome;
  }

  Outcome deliver(const std::string& recipient, bool tls = false) {
    const std::string domain = recipient.substr(recipient.find('@') + 1);
    return run(talk(endpoint(domain), recipient, tls));
  }

  boost::asio::io_context io_;
  ManualClock clock_{Time{}};
  std::unique_ptr<Simulator> simulator_;
};

struct Row {
  std::string name;
  std::string mailbox;
  std::string rcpt = "250";
  std::string dot = "";
};

class Mailbox : public SimulatorTest, public testing::WithParamInterface<Row> {};

TEST_P(Mailbox, AnswersAsDocumented) {
  const Outcome outcome = deliver(GetParam().mailbox + "@simulator.test");
  EXPECT_THAT(outcome.rcpt, StartsWith(GetParam().rcpt));
  EXPECT_THAT(outcome.dot, StartsWith(GetParam().dot));
  EXPECT_EQ(outcome.dot.empty(), GetParam().dot.empty());
  EXPECT_EQ(simulator_->taken_in_all(), outcome.dot.starts_with("250") ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Mailbox,
    testing::Values(
        Row{.name = "Delivered", .mailbox = "delivered", .dot = "250 2.0.0 OK: queued as sim-1-1"},
        Row{.name = "Slow", .mailbox = "slow", .dot = "250 2.0.0"},
        Row{.name = "Greylisted",
            .mailbox = "greylisted",
            .rcpt =
                "450 4.2.0 <greylisted@simulator.test>: Recipient address rejected: Greylisted, "
                "see http://postgrey.schweikert.ch/help/example.org.html"},
        Row{.name = "TempFail", .mailbox = "tempfail", .rcpt = "451 4.3.0"},
        Row{.name = "ServerError", .mailbox = "server-error", .rcpt = "452 4.3.1"},
        Row{.name = "UserUnknown",
            .mailbox = "user-unknown",
            .rcpt = "550 5.1.1 The email account"},
        Row{.name = "MailboxDisabled", .mailbox = "mailbox-disabled", .rcpt = "550 5.2.1"},
        Row{.name = "MailboxFull", .mailbox = "mailbox-full", .rcpt = "552 5.2.2"},
        Row{.name = "MailboxFullForNow", .mailbox = "mailbox-full-for-now", .rcpt = "452 4.2.2"},
        Row{.name = "MailboxMoved", .mailbox = "mailbox-moved", .rcpt = "551 5.1.6"},
        Row{.name = "RelayDenied", .mailbox = "relay-denied", .rcpt = "554 5.7.1"},
        Row{.name = "SpamBlock", .mailbox = "spam-block", .dot = "550 5.7.1 [127.0.0.1      12]"},
        Row{.name = "ContentRefused", .mailbox = "content-refused", .dot = "552 5.7.0"},
        Row{.name = "Virus", .mailbox = "virus", .dot = "550 5.7.1 This message contains a virus"},
        Row{.name = "IpBlocked",
            .mailbox = "ip-blocked",
            .rcpt = "550 5.7.1 Unfortunately, messages from [127.0.0.1] weren't sent."},
        Row{.name = "DomainBlocked", .mailbox = "domain-blocked", .dot = "554 5.7.1 [CS01]"},
        Row{.name = "NoReverseDns", .mailbox = "no-reverse-dns", .rcpt = "550 5.7.25"},
        Row{.name = "SenderRefused",
            .mailbox = "sender-refused",
            .rcpt = "550 5.1.8 <shop@example.org>: Sender address rejected"},
        Row{.name = "DmarcFail",
            .mailbox = "dmarc-fail",
            .dot = "550 5.7.26 Unauthenticated email from example.org is not accepted"},
        Row{.name = "MessageTooBig", .mailbox = "message-too-big", .dot = "552 5.3.4"},
        Row{.name = "RateLimitedAtFirst", .mailbox = "rate-limited", .dot = "250"},
        Row{.name = "Throttled", .mailbox = "throttled", .rcpt = "421 4.7.0 [TSS04]"},
        Row{.name = "TooManyConnections", .mailbox = "too-many-connections", .rcpt = "451 4.7.652"},
        Row{.name = "DropsConnection", .mailbox = "drops-connection", .rcpt = "closed"},
        Row{.name = "DropsAfterData", .mailbox = "drops-after-data", .dot = "closed"},
        Row{.name = "MalformedReply", .mailbox = "malformed-reply", .rcpt = "not SMTP"},
        Row{.name = "EndlessReply",
            .mailbox = "endless-reply",
            .rcpt = "not SMTP: the reply has more"},
        Row{.name = "BouncesLater", .mailbox = "bounces-later", .dot = "250 2.0.0"},
        Row{.name = "Complains", .mailbox = "complains", .dot = "250 2.0.0"},
        Row{.name = "Vacation", .mailbox = "vacation", .dot = "250 2.0.0"},
        Row{.name = "Opens", .mailbox = "opens", .dot = "250 2.0.0"},
        Row{.name = "Clicks", .mailbox = "clicks", .dot = "250 2.0.0"},
        Row{.name = "Scanner", .mailbox = "scanner", .dot = "250 2.0.0"},
        Row{.name = "StartTlsRequired", .mailbox = "starttls-required", .rcpt = "530 5.7.0"},
        Row{.name = "NoTls", .mailbox = "no-tls", .dot = "250"},
        Row{.name = "NoSuchMailbox", .mailbox = "ann", .rcpt = "550 5.1.1"}),
    [](const auto& row) { return row.param.name; });

TEST(Mailboxes, AllStandInTheTableOfThisTest) {
  const auto* suite = testing::UnitTest::GetInstance();
  int rows = 0;
  for (int i = 0; i < suite->total_test_suite_count(); ++i) {
    if (std::string_view(suite->GetTestSuite(i)->name()) == "Table/Mailbox") {
      rows = suite->GetTestSuite(i)->total_test_count();
    }
  }
  EXPECT_EQ(static_cast<std::size_t>(rows), behaviours().size() + 1);  // and the unknown one
}

TEST_F(SimulatorTest, GreylistingLetsInTheThirdAttemptOfEachAddress) {
  for (const char* recipient : {"greylisted@simulator.test", "greylisted+2@simulator.test"}) {
    EXPECT_THAT(deliver(recipient).rcpt, StartsWith("450"));
    EXPECT_THAT(deliver(recipient).rcpt, StartsWith("450"));
    EXPECT_THAT(deliver(recipient).dot, StartsWith("250"));
  }
}

TEST_F(SimulatorTest, RateLimitHangsUpAndForgivesAfterTheWindow) {
  for (std::uint32_t i = 0; i < kRateLimit; ++i) {
    EXPECT_THAT(deliver("rate-limited@simulator.test").dot, StartsWith("250"));
  }
  EXPECT_THAT(deliver("rate-limited@simulator.test").rcpt, StartsWith("421 4.7.28"));
  clock_.advance(kRateWindow);
  EXPECT_THAT(deliver("rate-limited@simulator.test").dot, StartsWith("250"));
}

TEST_F(SimulatorTest, TlsIsOfferedAndMakesTheDifferenceToThoseWhoAskForIt) {
  EXPECT_THAT(deliver("delivered@simulator.test").ehlo, HasSubstr("STARTTLS"));
  EXPECT_THAT(deliver("starttls-required@simulator.test", true).dot, StartsWith("250"));
  EXPECT_THAT(deliver("no-tls@simulator.test", true).rcpt, HasSubstr("no-tls.simulator.test"));
  EXPECT_EQ(simulator_->taken().back()->tls, "TLSv1.3");
}

TEST_F(SimulatorTest, OtherSitesOfferLess) {
  const Outcome no_tls = deliver("no-tls@no-tls.simulator.test");
  EXPECT_THAT(no_tls.dot, StartsWith("250"));
  EXPECT_THAT(no_tls.ehlo, testing::AllOf(HasSubstr("PIPELINING"), HasSubstr("8BITMIME"),
                                          testing::Not(HasSubstr("STARTTLS"))));
  const Outcome old = deliver("delivered@old.simulator.test");
  EXPECT_THAT(old.dot, StartsWith("250"));
  for (const char* extension :
       {"STARTTLS", "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN"}) {
    EXPECT_THAT(old.ehlo, testing::Not(HasSubstr(extension)));
  }
}

TEST_F(SimulatorTest, MessagesAreKeptAsTheyCame) {
  clock_.advance(5s);
  deliver("delivered+1@simulator.test");
  ASSERT_EQ(simulator_->taken().size(), 1U);
  const Taken& taken = *simulator_->taken().front();
  EXPECT_EQ(taken.sender, "shop@example.org");
  EXPECT_THAT(taken.recipients, testing::ElementsAre("delivered+1@simulator.test"));
  EXPECT_EQ(taken.content, "From: shop@example.org\r\nSubject: order 17\r\n\r\nhello\r\n");
  EXPECT_EQ(taken.at, Time{} + 5s);
  EXPECT_THAT(taken.client, StartsWith("127.0.0.1:"));
}

TEST_F(SimulatorTest, PortInUseIsAnErrorThatNamesIt) {
  const auto second =
      Simulator::start(io_.get_executor(), clock_, {.port = endpoint().port(), .tls = nullptr});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text(), HasSubstr(net::to_string(endpoint())));
}

class SlowSimulatorTest : public SimulatorTest {
 protected:
  SlowSimulatorTest() : SimulatorTest(Options{.tls = nullptr, .late = 150ms}) {}
};

TEST_F(SlowSimulatorTest, SlowMailboxHoldsEachReplyBack) {
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(deliver("slow@simulator.test").dot, StartsWith("250"));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 300ms);
}

class FullSimulatorTest : public SimulatorTest {
 protected:
  FullSimulatorTest() : SimulatorTest(Options{.tls = nullptr, .sessions_max = 1}) {}
};

TEST_F(FullSimulatorTest, OneSessionTooManyIsToldToComeBack) {
  const std::string greeting = run([](tcp::endpoint server) -> awaitable<std::string> {
    Client first((co_await net::connect(server, std::nullopt, net::within(kLimit))).value());
    co_await first.reply();
    Client second((co_await net::connect(server, std::nullopt, net::within(kLimit))).value());
    co_return co_await second.reply();
  }(endpoint()));
  EXPECT_THAT(greeting, StartsWith("421 4.3.2"));
}

}  // namespace
}  // namespace postrider::simulator
