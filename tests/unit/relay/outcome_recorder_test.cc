#include "relay/outcome_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "spool/records.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"
#include "support/temporary_directory.h"

namespace postrider::relay {
namespace {

using delivery::Outcome;
using std::chrono::minutes;
using store::Step;
using store::Table;
using testing::HasSubstr;

const Time kNow{std::chrono::seconds(1'800'000'000)};
constexpr MessageId kMessage{1000 * kIdStep};

/// Read once for all tests: it has some hundred rules.
std::shared_ptr<const bounce::Classifier> shipped_classifier() {
  static const auto shipped =
      std::make_shared<const bounce::Classifier>(bounce::Classifier::load().value());
  return shipped;
}

class OutcomeRecorderTest : public testing::Test {
 protected:
  void SetUp() override {
    spool::Message message;
    message.id = kMessage;
    message.account = AccountId{1};
    message.accepted = kNow;
    message.envelope.reverse_path = {.local = "shop", .domain = "example.org"};
    message.envelope.recipients.emplace_back();
    message.envelope.recipients[0].address = {.local = "ann", .domain = "example.net"};
    Step step;
    spool_->add(step, message, std::make_shared<const std::string>("Subject: hello\r\n\r\nhi\r\n"),
                {});
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  void overwrite(std::string record) {
    ASSERT_TRUE(
        store_.commit(test::put(Table::meta, spool::message_key(kMessage), std::move(record))));
  }

  static delivery::Attempt attempt(int code, std::string text) {
    auto peer = std::make_shared<delivery::Peer>();
    peer->site = "mx.example.net";
    return {.waiting = {.message = kMessage,
                        .account = AccountId{1},
                        .accepted = kNow,
                        .due = kNow,
                        .domain = "example.net",
                        .fresh = nullptr},
            .message = nullptr,
            .peer = std::move(peer),
            .reply = {.code = code, .enhanced = {}, .text = std::move(text)}};
  }

  std::optional<queue::Waiting> record(delivery::Attempt attempt) {
    auto again = recorder_.record(0, std::move(attempt));
    // A commit of ours behind the recorder's notes: once it is there, so are they.
    store_.context().poll();
    EXPECT_TRUE(store_.commit(test::put(Table::set_aside, "test", "")));
    return again;
  }

  std::vector<events::Event> events() const {
    const auto page = events_->read(0, 100);
    EXPECT_TRUE(page);
    return page ? page->events : std::vector<events::Event>();
  }

  bool is_waiting() const {
    return store_->get(Table::meta, spool::message_key(kMessage))->has_value();
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  std::unique_ptr<spool::Spool> spool_ = spool::make_spool(*store_);
  std::unique_ptr<events::EventStore> events_ = events::make_event_store(*store_);
  TemporaryDirectory directory_;
  ManualClock clock_{kNow};
  IdSource ids_{0, 0};
  std::vector<store::Committer> committers_ =
      test::committers_of(*store_, store_.context(), store_.mailbox());
  Intake intake_{{.clock = clock_,
                  .ids = ids_,
                  .spool = *spool_,
                  .events = *events_,
                  .directory = *directory_,
                  .committers = committers_,
                  .installation = {.hostname = "mail.example.org"}}};
  std::shared_ptr<const bounce::Classifier> classifier_ = shipped_classifier();
  Traffic traffic_;
  OutcomeRecorder recorder_{{.clock = clock_,
                             .store = *store_,
                             .spool = *spool_,
                             .events = *events_,
                             .directory = *directory_,
                             .committers = committers_,
                             .intake = intake_,
                             .options = [] { return std::make_shared<delivery::Options>(); },
                             .classifier = [this] { return classifier_; },
                             .hostname = "mail.example.org",
                             .traffic = &traffic_}};
};

TEST_F(OutcomeRecorderTest, ADeliveryIsToldAndForgotten) {
  EXPECT_FALSE(record(attempt(250, "taken")));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].type, events::Type::delivered);
  EXPECT_EQ(events()[0].to, "ann@example.net");
  EXPECT_FALSE(is_waiting());
}

TEST_F(OutcomeRecorderTest, ADeferralWaitsAndIsKept) {
  const auto again = record(attempt(451, "later"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempts, 1U);
  EXPECT_GT(again->due, kNow);
  const auto state = spool_->read_state(kMessage, 0);
  ASSERT_TRUE(state && *state);
  EXPECT_EQ((*state)->due, again->due);
  EXPECT_EQ((*state)->last_reply, "451 later");
  EXPECT_EQ(events()[0].type, events::Type::deferred);
}

// The machine's clock may be set back while a message waits.
TEST_F(OutcomeRecorderTest, NoTimeIsNegative) {
  auto fresh = std::make_shared<queue::Fresh>();
  fresh->message = spool_->read(kMessage).value();
  fresh->message.accepted = kNow + minutes(1);
  delivery::Attempt done = attempt(250, "taken");
  done.message = fresh;
  done.took = std::chrono::milliseconds(-5);
  EXPECT_FALSE(record(std::move(done)));
  EXPECT_EQ(events()[0].queue_ms, 0U);
  EXPECT_EQ(events()[0].attempt_ms, 0U);
}

TEST_F(OutcomeRecorderTest, ADamagedMessageIsSetAsideWithAnEvent) {
  overwrite("damaged");
  EXPECT_FALSE(record(attempt(0, "no host would talk to us")));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].type, events::Type::operational);
  EXPECT_THAT(events()[0].detail, HasSubstr("set aside"));
  EXPECT_FALSE(is_waiting());
  EXPECT_TRUE(spool_->read_content(kMessage)) << "people may want to look at it";
}

// The record is whole, and the content that delivery wanted was not.
TEST_F(OutcomeRecorderTest, ADamagedBodyIsKeptForPeopleToLookAt) {
  delivery::Attempt damaged = attempt(0, "the content's checksum is wrong");
  damaged.is_damaged = true;
  EXPECT_FALSE(record(std::move(damaged)));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].type, events::Type::operational);
  EXPECT_THAT(events()[0].detail, HasSubstr("checksum"));
  EXPECT_FALSE(is_waiting());
  EXPECT_TRUE(spool_->read_content(kMessage));
}

TEST_F(OutcomeRecorderTest, WhatADefectKeepsFromBeingTriedIsSetAsideTheThirdTime) {
  delivery::Attempt defect = attempt(0, "an index out of range");
  defect.is_defect = true;
  for (int time = 1; time <= 2; ++time) {
    const auto again = record(defect);
    ASSERT_TRUE(again) << time;
    EXPECT_EQ(again->due, kNow + minutes(1));
    EXPECT_EQ(again->attempts, 0U) << "no host has heard of it";
    EXPECT_TRUE(is_waiting());
    EXPECT_TRUE(events().empty());
    defect.waiting = *again;
  }
  EXPECT_FALSE(record(defect));
  EXPECT_FALSE(is_waiting());
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].type, events::Type::operational);
  EXPECT_THAT(events()[0].detail,
              testing::AllOf(HasSubstr("set aside"), HasSubstr("out of range")));
}

TEST_F(OutcomeRecorderTest, WhatCannotBeReadForNowWaits) {
  overwrite(seal_record(99, "what will be"));
  const auto again = record(attempt(0, "no host would talk to us"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->due, kNow + minutes(1));
  EXPECT_EQ(again->attempts, 0U) << "it was not written down";
  EXPECT_TRUE(is_waiting());
  EXPECT_TRUE(events().empty());
}

TEST_F(OutcomeRecorderTest, WhatHasSettledMeanwhileIsLetGo) {
  Step step;
  spool_->settle(step, kMessage, 0, 1, false);
  ASSERT_TRUE(store_.commit(std::move(step)));
  EXPECT_FALSE(record(attempt(0, "no host would talk to us")));
  EXPECT_TRUE(events().empty());
}

TEST_F(OutcomeRecorderTest, AFailureSaysWhatItMeans) {
  EXPECT_FALSE(record(attempt(550, "5.1.1 <ann@example.net> user unknown")));
  ASSERT_EQ(events().size(), 1U);
  EXPECT_EQ(events()[0].type, events::Type::failed);
  EXPECT_EQ(events()[0].kind, "hard");
  EXPECT_EQ(events()[0].category, "no-such-mailbox");
  EXPECT_NE(events()[0].rule, "");
  EXPECT_EQ(recorder_.refusals().of(bounce::Kind::hard), 1U);
}

TEST_F(OutcomeRecorderTest, ADeliverySaysNothingOfTheKind) {
  EXPECT_FALSE(record(attempt(250, "taken")));
  EXPECT_EQ(events()[0].kind, "");
  EXPECT_EQ(events()[0].rule, "");
}

TEST_F(OutcomeRecorderTest, AWrongAddressBehindA4xxStops) {
  EXPECT_FALSE(record(attempt(450, "<ann@example.net>: user unknown")));
  EXPECT_EQ(events()[0].type, events::Type::failed);
  EXPECT_EQ(events()[0].kind, "hard");
}

TEST_F(OutcomeRecorderTest, AFullMailboxIsTriedLaterAndCountsIt) {
  const auto again = record(attempt(552, "5.2.2 mailbox full"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->laters, 1U);
  EXPECT_EQ(events()[0].category, "mailbox-full");
  EXPECT_EQ(spool_->read_state(kMessage, 0).value()->laters, 1U);
}

TEST_F(OutcomeRecorderTest, AHostThatNeverAnsweredEndsSoftly) {
  ASSERT_TRUE(record(attempt(0, "no host would talk to us")));
  clock_.advance(std::chrono::hours(121));
  delivery::Attempt expired = attempt(0, "the message waited to the end of its schedule");
  expired.reply.enhanced = "4.4.7";
  EXPECT_FALSE(record(std::move(expired)));
  ASSERT_EQ(events().size(), 2U);
  EXPECT_EQ(events()[1].type, events::Type::expired);
  EXPECT_EQ(events()[1].kind, "soft");
  EXPECT_EQ(events()[1].category, "timed-out");
  EXPECT_EQ(events()[1].reply, "no host would talk to us");
}

TEST_F(OutcomeRecorderTest, WhatEndsWhileItWaitsCountsAtTheSiteThatItHadGoneTo) {
  ASSERT_TRUE(record(attempt(451, "greylisted")));
  clock_.advance(std::chrono::hours(121));
  delivery::Attempt expired = attempt(0, "the message waited to the end of its schedule");
  expired.reply.enhanced = "4.4.7";
  expired.peer = nullptr;
  EXPECT_FALSE(record(std::move(expired)));
  const auto rows = traffic_.providers.rows();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "mx.example.net");
  EXPECT_EQ(rows[0].counts.of(delivery::Outcome::deferred), 1U);
  EXPECT_EQ(rows[0].counts.of(delivery::Outcome::expired), 1U);
  EXPECT_EQ(traffic_.accounts.rows()[0].name, "1");
}

TEST_F(OutcomeRecorderTest, ALastAttemptWithoutAReplySaysWhatItWas) {
  ASSERT_TRUE(record(attempt(451, "greylisted")));
  clock_.advance(std::chrono::hours(121));
  delivery::Attempt last = attempt(0, "connection refused");
  last.reply.enhanced = "4.4.1";
  EXPECT_FALSE(record(std::move(last)));
  ASSERT_EQ(events().size(), 2U);
  EXPECT_EQ(events()[1].type, events::Type::expired);
  EXPECT_EQ(events()[1].category, "connection-failed");
  EXPECT_EQ(events()[1].reply, "connection refused");
}

TEST_F(OutcomeRecorderTest, ASetUpThatMustBeMendedIsSaidOnceAnHour) {
  const char* const kSetUp =
      "4.7.27 Your email has been rate limited because SPF authentication didn't pass";
  auto again = record(attempt(421, kSetUp));
  ASSERT_TRUE(again);
  EXPECT_GE(again->due, kNow + minutes(50));
  record(attempt(421, kSetUp));
  std::vector<events::Type> types;
  for (const events::Event& event : events()) {
    types.push_back(event.type);
  }
  using enum events::Type;
  EXPECT_THAT(types, testing::ElementsAre(deferred, operational, deferred));
  EXPECT_EQ(events()[1].category, "auth-failed");
}

}  // namespace
}  // namespace postrider::relay
