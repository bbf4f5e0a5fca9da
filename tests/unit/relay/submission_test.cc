// The relay's handler of a session, with everything real but the session.
#include "relay/submission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "support/fresh_folder.h"
#include "support/running_store.h"
#include "support/temporary_directory.h"

namespace postrider::relay {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Time kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::uint64_t kRoom = 10 << 20;  // of a message of unknown size

mail::Address address(std::string_view text) {
  return text.empty() ? mail::Address() : *mail::parse_mailbox(text, true);
}

class Submitting : public testing::Test {
 protected:
  void SetUp() override {
    account_ = directory_->add_account("shop", kNow)->id;
    ASSERT_TRUE(directory_->add_domain(account_, "example.org", true, kNow));
    ASSERT_TRUE(directory_->add_domain(account_, "unverified.example", false, kNow));
    intake_.set_delivery([](const queue::Waiting&) {});
    listener_->message_bytes_max = kRoom;
    listener_->trusted = {{.network = *net::parse_network("192.0.2.0/24"), .account = "shop"}};
    session_.client = *net::parse_endpoint("192.0.2.7:4711");
    session_.helo = "client.example";
    session_.esmtp = true;
    session_.id = "a1";
    handler_ = make_submission_handler(services_, listener_, nullptr);
    threads_.start();
  }
  void TearDown() override { threads_.stop(); }

  smtp::Reply answer(boost::asio::awaitable<smtp::Reply> asked) {
    return boost::asio::co_spawn(threads_.context(0), std::move(asked), boost::asio::use_future)
        .get();
  }

  std::string mail(std::string_view sender) {
    envelope_.reverse_path = address(sender);
    return to_string(answer(handler_->mail(session_, envelope_)));
  }

  std::string message(std::string content) {
    envelope_.recipients = {{.address = address("ann@example.net"), .orcpt = {}}};
    return to_string(answer(handler_->message(session_, envelope_, std::move(content))));
  }

  net::IoThreads threads_{1};
  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  std::unique_ptr<spool::Spool> spool_ = spool::make_spool(*store_);
  std::unique_ptr<events::EventStore> events_ = events::make_event_store(*store_);
  TemporaryDirectory directory_;
  ManualClock clock_{kNow};
  IdSource ids_{0, 0};
  std::vector<store::Committer> committers_ =
      test::committers_of(*store_, threads_.context(0), threads_.mailbox(0));
  net::BlockingPool blocking_{1};
  directory::Authenticator authenticator_{*directory_, clock_, {}};
  std::uint64_t resident_ = 0;
  MemoryBudget memory_{1000, [this] { return resident_; }};
  std::atomic<bool> is_stopping_ = false;
  Intake intake_{{.clock = clock_,
                  .ids = ids_,
                  .spool = *spool_,
                  .events = *events_,
                  .directory = *directory_,
                  .committers = committers_,
                  .installation = {.hostname = "relay.test"}}};
  SubmissionServices services_{.intake = intake_,
                               .authenticator = authenticator_,
                               .directory = *directory_,
                               .blocking = blocking_,
                               .store = *store_,
                               .committers = committers_,
                               .events = *events_,
                               .clock = clock_,
                               .hostname = "relay.test",
                               .is_stopping = is_stopping_,
                               .memory = memory_};
  AccountId account_;
  std::shared_ptr<ListenerSettings> listener_ = std::make_shared<ListenerSettings>();
  smtp::SessionInfo session_;
  smtp::Envelope envelope_;
  std::unique_ptr<smtp::SessionHandler> handler_;
};

TEST_F(Submitting, AnySenderIsTakenWhereTheReturnPathIsOurs) {
  EXPECT_THAT(mail("me@example.com"), StartsWith("250"));
}

// It would leave as it is, and bring others' bounces to us, or ours to others.
TEST_F(Submitting, AForeignSenderIsRefusedWhereItGoesOutAsItIs) {
  ASSERT_TRUE(directory_->change_account("shop", {.own_return_paths = false}));
  EXPECT_THAT(mail("me@example.com"), StartsWith("550 5.7.1 example.com "));
  EXPECT_THAT(mail("me@unverified.example"), StartsWith("550 5.7.1"));
  EXPECT_THAT(mail("me@[192.0.2.7]"), StartsWith("550 5.7.1"));
  EXPECT_THAT(mail("shop@example.org"), StartsWith("250"));
  EXPECT_THAT(mail(""), StartsWith("250"));
}

// They go by BDAT where the peer has it, as any message does.
TEST_F(Submitting, AReportOfOursIsDescribedAsAnyMessage) {
  const MessageId id = intake_.reserve(1);
  store::Step step;
  intake_.add_report(step, account_, address("shop@example.org"),
                     "Subject: x\r\n\r\n.\r\n" + std::string(999, 'x') + "\xff\r\n", id, "report");
  ASSERT_TRUE(store_.commit(std::move(step)));
  const auto report = spool_->read(id);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->has_long_lines);
  EXPECT_TRUE(report->has_dot_lines);
  EXPECT_TRUE(report->has_eight_bit_body);
}

// RFC 3848 knows no "SMTPS", and RFC 6531 has names of its own.
TEST_F(Submitting, ReceivedNamesTheProtocol) {
  ASSERT_TRUE(directory_->add_credential(account_, "user", "password", {}, kNow));
  const auto protocol = [&](bool esmtp, bool tls, const char* user, bool smtputf8) {
    session_.esmtp = esmtp;
    session_.tls = tls ? std::optional(net::TlsInfo()) : std::nullopt;
    session_.user = user;
    envelope_.smtputf8 = smtputf8;
    const std::string reply = message("From: a@example.org\r\n\r\n");
    EXPECT_THAT(reply, StartsWith("250 2.0.0 queued as "));
    const auto id = parse_id<MessageId>(reply.substr(reply.rfind(' ') + 1));
    const auto content = spool_->read_content(id.value_or(MessageId()));
    EXPECT_TRUE(content);
    const std::string text = content ? content->bytes : " with ? ";
    const auto at = text.find(" with ") + 6;
    return text.substr(at, text.find(' ', at) - at);
  };
  EXPECT_EQ(protocol(false, false, "", false), "SMTP");
  EXPECT_EQ(protocol(false, true, "", false), "SMTP");
  EXPECT_EQ(protocol(true, false, "", false), "ESMTP");
  EXPECT_EQ(protocol(true, true, "user", false), "ESMTPSA");
  EXPECT_EQ(protocol(true, true, "user", true), "UTF8SMTPSA");
}

TEST_F(Submitting, NewMailWaitsWhileMemoryIsShort) {
  resident_ = 950;
  EXPECT_THAT(mail("shop@example.org"), StartsWith("452 4.3.1"));
  EXPECT_FALSE(handler_->has_memory());
}

TEST_F(Submitting, RoomOnTheDiskIsGivenBackWithTheTransaction) {
  EXPECT_THAT(mail(""), StartsWith("250"));
  EXPECT_EQ(services_.reserved_bytes, kRoom + kRoom / 2);
  handler_->reset();
  EXPECT_EQ(services_.reserved_bytes, 0U);
  EXPECT_THAT(mail(""), StartsWith("250"));
  EXPECT_THAT(message("From: a@example.org\r\n\r\n"), StartsWith("250"));
  EXPECT_EQ(services_.reserved_bytes, 0U);
  EXPECT_THAT(mail(""), StartsWith("250"));
  EXPECT_THAT(message("From: a@example.com\r\n\r\n"), StartsWith("550 5.7.1"));
  EXPECT_EQ(services_.reserved_bytes, 0U);
}

}  // namespace
}  // namespace postrider::relay
