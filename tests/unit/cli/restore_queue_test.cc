// What is taken out of a restored queue, and what stays.
#include "cli/restore_queue.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "../spool/messages.h"
#include "events/event_store.h"
#include "queue/waiting.h"
#include "spool/spool.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr MessageId kOne{1000 * kIdStep};    // one recipient
constexpr MessageId kTwo{1010 * kIdStep};    // two
constexpr MessageId kThree{1020 * kIdStep};  // three, the first of which has settled

class SettleWaiting : public testing::Test {
 protected:
  void SetUp() override {
    test::RunningStore store(folder_ / "spool");
    const auto spool = spool::make_spool(*store);
    store::Step step;
    std::uint32_t recipients = 0;
    for (const MessageId id : {kOne, kTwo, kThree}) {
      spool::Message message = spool::full_message(id);
      message.envelope.recipients.resize(++recipients, message.envelope.recipients.front());
      spool->add(step, message, std::make_shared<const std::string>("hello\r\n"), {});
    }
    spool->settle(step, kThree, 0, 3, true);
    ASSERT_TRUE(store.commit(std::move(step)));
  }

  /// Those that a relay would send.
  std::vector<RecipientId> waiting() {
    std::vector<RecipientId> found;
    test::RunningStore store(folder_ / "spool");
    const auto spool = spool::make_spool(*store);
    store::Step repairs;
    std::vector<std::string> problems;
    EXPECT_TRUE(spool->recover(
        [&](const spool::Recovered& recovered) {
          for (const queue::Waiting& one : queue::waiting_of(recovered)) {
            found.push_back(one.recipient());
          }
        },
        repairs, problems));
    EXPECT_THAT(problems, ElementsAre());
    EXPECT_EQ(store->missing_writes(), std::nullopt);
    return found;
  }

  std::vector<std::string> operational_events() {
    const test::RunningStore store(folder_ / "spool");
    std::vector<std::string> details;
    for (const auto& event : events::make_event_store(*store)->read(0, 10)->events) {
      details.push_back(event.detail);
    }
    return details;
  }

  test::FreshFolder folder_;
};

TEST_F(SettleWaiting, TakesOutThoseThatHaveSettledAndNobodyElse) {
  const auto taken = settle_waiting(
      folder_ / "spool",
      [](RecipientId id) {
        return id == recipient_of(kOne, 0) || id == recipient_of(kTwo, 1) ||
               id == recipient_of(kThree, 0);
      },
      "because");
  ASSERT_TRUE(taken) << taken.error().text();
  EXPECT_EQ(*taken, 2U);  // the first of three had settled before
  EXPECT_THAT(waiting(),
              ElementsAre(recipient_of(kTwo, 0), recipient_of(kThree, 1), recipient_of(kThree, 2)));
  EXPECT_THAT(operational_events(), ElementsAre("because; recipients taken out of the queue: 2"));
}

TEST_F(SettleWaiting, ForgetsMessagesOfWhichNobodyIsLeft) {
  const auto taken =
      settle_waiting(folder_ / "spool", [](RecipientId /*any*/) { return true; }, "because");
  ASSERT_TRUE(taken) << taken.error().text();
  EXPECT_EQ(*taken, 5U);
  EXPECT_THAT(waiting(), ElementsAre());
  const test::RunningStore store(folder_ / "spool");
  for (const store::Table table :
       {store::Table::meta, store::Table::recipient, store::Table::body}) {
    EXPECT_EQ(store->last_key(table).value(), std::nullopt);
  }
}

TEST_F(SettleWaiting, OfNobodyLeavesAllAndTellsIt) {
  const auto taken =
      settle_waiting(folder_ / "spool", [](RecipientId /*any*/) { return false; }, "because");
  ASSERT_TRUE(taken) << taken.error().text();
  EXPECT_EQ(*taken, 0U);
  EXPECT_EQ(waiting().size(), 5U);
}

class SettledEvents : public testing::Test {
 protected:
  Result<std::unordered_set<RecipientId>> read(const std::string& text) {
    std::ofstream(folder_ / "events") << text;
    return read_settled(folder_ / "events");
  }
  test::FreshFolder folder_;
};

TEST_F(SettledEvents, AreThoseAfterWhichNobodyTriesAgain) {
  const auto settled = read(
      R"({"type":"accepted","recipient":1}
{"type":"deferred","recipient":2}
{"type":"delivered","recipient":3}
{"type":"failed","recipient":4}
{"type":"expired","recipient":5}
{"type":"suppressed","recipient":6}
{"type":"bounced","recipient":7}
{"type":"rejected"}
{"type":"operational"}
)");
  ASSERT_TRUE(settled) << settled.error().text();
  EXPECT_THAT(*settled,
              UnorderedElementsAre(RecipientId{3}, RecipientId{4}, RecipientId{5}, RecipientId{6}));
}

TEST_F(SettledEvents, OfALogThatWasCutOffAreReadAsFarAsItGoes) {
  const auto settled = read("{\"type\":\"delivered\",\"recipient\":3}\n{\"type\":\"deliv");
  ASSERT_TRUE(settled) << settled.error().text();
  EXPECT_THAT(*settled, UnorderedElementsAre(RecipientId{3}));
}

TEST_F(SettledEvents, ALineThatIsNoEventIsNamed) {
  for (const char* line : {"nonsense", "{}", "[1]", ""}) {
    const auto settled =
        read(std::string("{\"type\":\"delivered\",\"recipient\":3}\n") + line + "\nmore\n");
    ASSERT_FALSE(settled) << line;
    EXPECT_EQ(settled.error().code(), Errc::invalid);
    EXPECT_THAT(settled.error().text(), HasSubstr("events:2: this is no event"));
  }
}

TEST_F(SettledEvents, ThatAreNotThereAreNotFound) {
  const auto settled = read_settled(folder_ / "none");
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().code(), Errc::not_found);
}

}  // namespace
}  // namespace postrider::cli
