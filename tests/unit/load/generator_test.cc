// Load over loopback, from the generator to the receiver that counts.
#include "load/generator.h"

#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/check.h"
#include "load/counting_server.h"
#include "load/leaving_peer.h"
#include "support/fresh_folder.h"

namespace postrider::load {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Load : public testing::Test {
 protected:
  Load() {
    CountingOptions counting;
    counting.endpoint = {boost::asio::ip::address_v4::loopback(), 0};
    counting.threads = 2;
    counting.log = folder_.path() / "arrived";
    server_ = CountingServer::start(std::move(counting)).value();
  }

  Options options() {
    return {.target = server_->endpoint(),
            .host = "127.0.0.1",
            .connections = 3,
            .messages = 30,
            .sender = {.local = "load", .domain = "example.org"},
            .domains = DomainPattern::parse("d%d.example*3").value(),
            .log = folder_.path() / "answered"};
  }

  static Generator::Summary run(Options options) {
    auto generator = Generator::create(std::move(options)).value();
    std::promise<void> ended;
    generator->start([&ended] { ended.set_value(); });
    ended.get_future().wait();
    return generator->finish().value();
  }

  Findings check() {
    EXPECT_TRUE(server_->flush());
    return check_logs(folder_.path() / "answered", folder_.path() / "arrived").value();
  }

  test::FreshFolder folder_;
  std::unique_ptr<CountingServer> server_;
};

TEST_F(Load, ArrivesWholeAndOnce) {
  const Generator::Summary summary = run(options());
  EXPECT_EQ(summary.figures.messages_accepted, 30U);
  EXPECT_EQ(summary.figures.latencies.count(), 30U);
  EXPECT_FALSE(summary.was_cut_short);
  const Findings found = check();
  EXPECT_EQ(found.accepted, 30U);
  EXPECT_EQ(found.arrived, 30U);
  EXPECT_EQ(found.lost + found.copies, 0U);
  EXPECT_EQ(server_->figures().misdelivered, 0U);
  EXPECT_EQ(server_->figures().bytes, 30U * 4096);
}

TEST_F(Load, ComesFromSeveralThreads) {
  Options wanted = options();
  wanted.threads = 3;
  wanted.messages = 300;
  EXPECT_EQ(run(std::move(wanted)).figures.messages_accepted, 300U);
  const Findings found = check();
  EXPECT_EQ(found.arrived, 300U);
  EXPECT_EQ(found.copies + found.lost, 0U);
}

TEST_F(Load, GoesToSeveralRecipientsAtATime) {
  Options wanted = options();
  wanted.recipients = 7;
  const Generator::Summary summary = run(std::move(wanted));
  EXPECT_EQ(summary.figures.messages_accepted, 30U);
  EXPECT_EQ(summary.figures.accepted, 210U);
  EXPECT_EQ(check().arrived, 210U);
  EXPECT_EQ(server_->figures().misdelivered, 0U);
}

TEST_F(Load, UsesAConnectionForAsManyMessagesAsAskedFor) {
  Options wanted = options();
  wanted.connections = 1;
  wanted.per_connection = 4;
  EXPECT_EQ(run(std::move(wanted)).figures.connections, 8U);
  EXPECT_EQ(server_->figures().sessions, 8U);
}

TEST_F(Load, ComesWithoutPipeliningToo) {
  Options wanted = options();
  wanted.pipelining = false;
  EXPECT_EQ(run(std::move(wanted)).figures.messages_accepted, 30U);
}

TEST_F(Load, AtARateBeginsNothingAfterItsTime) {
  Options wanted = options();
  wanted.messages.reset();
  wanted.per_second = 100;
  wanted.longest = 200ms;
  const Generator::Summary summary = run(std::move(wanted));
  EXPECT_LE(summary.figures.messages, 20U);
  EXPECT_GE(summary.figures.messages, 1U);
  EXPECT_EQ(summary.figures.connections, 3U) << "who has no more to send does not connect again";
}

TEST_F(Load, EndsWhenNothingMoreIsDueInItsTime) {
  Options wanted = options();
  wanted.connections = 1;
  wanted.per_second = 0.03;
  wanted.longest = 30s;
  const Generator::Summary summary = run(std::move(wanted));
  EXPECT_EQ(summary.figures.messages, 1U);
  EXPECT_LT(summary.took, 15s);
}

TEST_F(Load, IsGivenUpWhereNobodyListens) {
  Options wanted = options();
  server_->stop();
  wanted.give_up = 50ms;
  const Generator::Summary summary = run(std::move(wanted));
  EXPECT_TRUE(summary.was_cut_short);
  EXPECT_EQ(summary.untried, 30U);
  EXPECT_THAT(summary.figures.trouble, HasSubstr("refused"));
}

TEST_F(Load, MessageThatThePeerHasNotSeenGoesOverTheNextConnection) {
  LeavingPeer peer({Leaves::at_mail, Leaves::at_mail, Leaves::at_quit});
  Options wanted = options();
  wanted.target = peer.endpoint();
  wanted.connections = 1;
  wanted.messages = 2;
  const Generator::Summary summary = run(std::move(wanted));
  EXPECT_EQ(summary.figures.messages, 2U);
  EXPECT_EQ(summary.figures.messages_accepted, 2U);
  EXPECT_EQ(summary.figures.unanswered, 0U);
  EXPECT_EQ(summary.figures.connection_errors, 2U);
}

TEST_F(Load, MessageWithoutAnAnswerIsNotSentAgain) {
  LeavingPeer peer({Leaves::after_dot, Leaves::at_quit});
  Options wanted = options();
  wanted.target = peer.endpoint();
  wanted.connections = 1;
  wanted.messages = 2;
  const Generator::Summary summary = run(std::move(wanted));
  EXPECT_EQ(summary.figures.messages, 2U);
  EXPECT_EQ(summary.figures.messages_accepted, 1U);
  EXPECT_EQ(summary.figures.unanswered, 1U);
  EXPECT_EQ(summary.figures.latencies.count(), 1U);
  const Findings found = check();
  EXPECT_EQ(found.unanswered, 1U);
  EXPECT_EQ(found.lost, 1U) << "this peer keeps nothing";
}

TEST_F(Load, UntilAcceptedGoesOnForWhatWasNotAnswered) {
  LeavingPeer peer({Leaves::after_dot, Leaves::after_dot, Leaves::at_quit});
  Options wanted = options();
  wanted.target = peer.endpoint();
  wanted.connections = 1;
  wanted.messages = 2;
  wanted.until_accepted = true;
  const Generator::Summary summary = run(std::move(wanted));
  EXPECT_EQ(summary.figures.messages, 4U);
  EXPECT_EQ(summary.figures.messages_accepted, 2U);
  EXPECT_EQ(summary.untried, 0U);
}

TEST_F(Load, EndsAtOnceWhereTheSessionThatIsAskedForIsNotOffered) {
  Options wanted = options();
  wanted.tls = Tls::starttls;
  wanted.give_up = 20s;
  const Generator::Summary summary = run(std::move(wanted));
  EXPECT_TRUE(summary.was_cut_short);
  EXPECT_LT(summary.took, 10s);
  EXPECT_THAT(summary.figures.trouble, HasSubstr("does not offer STARTTLS"));
}

TEST_F(Load, WithoutAuthOnOfferSaysSo) {
  Options wanted = options();
  wanted.user = "u";
  wanted.password = "p";
  wanted.give_up = 20s;
  EXPECT_THAT(run(std::move(wanted)).figures.trouble, HasSubstr("does not offer AUTH"));
}

}  // namespace
}  // namespace postrider::load
