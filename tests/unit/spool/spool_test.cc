#include "spool/spool.h"

#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "spool/messages.h"
#include "spool/records.h"
#include "spool/recovery.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::spool {
namespace {

using store::Step;
using store::Table;

constexpr MessageId kFirst{1000 * kIdStep};
constexpr MessageId kSecond{1010 * kIdStep};
constexpr MessageId kThird{1020 * kIdStep};

class SpoolTest : public ::testing::Test {
 protected:
  void add(MessageId id, std::uint32_t recipients) {
    Message message = full_message(id);
    message.envelope.recipients.resize(recipients);
    Step step;
    spool_->add(step, message, std::make_shared<const std::string>(content_of(id)), {});
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  static std::string content_of(MessageId id) {
    return "Subject: " + to_string(id) + "\r\n\r\n" + std::string(1000, 'b') + "\r\n";
  }

  void defer(MessageId id, std::uint32_t index, std::uint32_t attempts) {
    Step step;
    spool_->defer(step, id, index,
                  {.attempts = attempts,
                   .due = Time(std::chrono::seconds(attempts)),
                   .is_settled = false,
                   .site = "mx.example.net",
                   .last_reply = "451 later"});
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  /// As the relay does it; whether the spool has forgotten the message.
  bool settle(MessageId id, std::uint32_t index, std::uint32_t count, bool was_tried = false) {
    Step step;
    const bool is_gone = spool_->settle(step, id, index, count, was_tried);
    EXPECT_TRUE(store_.commit(std::move(step)));
    if (is_gone) {
      return true;
    }
    std::optional<Step> last = spool_->settled(id, count);
    if (last) {
      EXPECT_TRUE(store_.commit(*std::move(last)));
    }
    return last.has_value();
  }

  struct Start {
    RecoveryFigures figures;
    std::vector<Recovered> found;
    std::vector<std::string> problems;
  };

  /// A new spool on the same store, as after a restart, with its repairs committed.
  Start start() {
    spool_ = make_spool(*store_);
    Start start;
    Step repairs;
    const auto figures = spool_->recover(
        [&](Recovered one) { start.found.push_back(std::move(one)); }, repairs, start.problems);
    EXPECT_TRUE(figures);
    start.figures = figures.value_or(RecoveryFigures());
    EXPECT_TRUE(store_.commit(std::move(repairs)));
    return start;
  }

  int entries(Table table) const {
    int count = 0;
    EXPECT_TRUE(store_->scan(table, {}, {},
                             [&](std::string_view, std::string_view) { return ++count > 0; }));
    return count;
  }

  void expect_empty() const {
    for (const Table table : {Table::meta, Table::recipient, Table::body, Table::set_aside}) {
      EXPECT_EQ(entries(table), 0) << static_cast<int>(table);
    }
  }

  bool is_aside(Table table, const std::string& key, const std::string& record) const {
    const auto found = store_->get(Table::set_aside, set_aside_key(table, key));
    return found && *found && **found == record;
  }

  void overwrite(Table table, std::string key, std::string record) {
    ASSERT_TRUE(store_.commit(test::put(table, std::move(key), std::move(record))));
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  std::unique_ptr<Spool> spool_ = make_spool(*store_);
};

TEST_F(SpoolTest, GivesBackWhatItWasGiven) {
  add(kFirst, 2);
  Message expected = full_message(kFirst);
  expect_same(*spool_->read(kFirst), expected);
  EXPECT_EQ(spool_->read_content(kFirst)->bytes, content_of(kFirst));
  EXPECT_EQ(*spool_->read_state(kFirst, 1), std::nullopt);
  defer(kFirst, 1, 4);
  EXPECT_EQ((*spool_->read_state(kFirst, 1))->attempts, 4U);
  EXPECT_EQ(spool_->read(kSecond).error().code(), Errc::not_found);
  EXPECT_EQ(spool_->read_content(kSecond).error().code(), Errc::not_found);
}

TEST_F(SpoolTest, OneBodyHoweverManyRecipients) {
  add(kFirst, 100);
  EXPECT_EQ(entries(Table::body), 1);
  EXPECT_EQ(entries(Table::meta), 1);
  EXPECT_EQ(entries(Table::recipient), 0);
}

TEST_F(SpoolTest, ASingleRecipientGoesInOneStep) {
  add(kFirst, 1);
  EXPECT_TRUE(settle(kFirst, 0, 1));
  expect_empty();
  add(kSecond, 1);
  defer(kSecond, 0, 1);
  EXPECT_TRUE(settle(kSecond, 0, 1, true));
  expect_empty();
}

TEST_F(SpoolTest, SeveralAreForgottenAfterTheLastInAnyOrder) {
  add(kFirst, 3);
  add(kSecond, 2);
  defer(kFirst, 2, 1);
  EXPECT_FALSE(settle(kFirst, 1, 3));
  EXPECT_FALSE(settle(kSecond, 0, 2));
  EXPECT_FALSE(settle(kFirst, 0, 3));
  EXPECT_TRUE(spool_->read(kFirst));
  EXPECT_TRUE(settle(kFirst, 2, 3, true));
  EXPECT_FALSE(spool_->read(kFirst));
  EXPECT_TRUE(settle(kSecond, 1, 2));
  expect_empty();
}

// Each settlement is heard of on the thread of its site.
TEST_F(SpoolTest, TheLastIsSeenByExactlyOneOfManyThreads) {
  constexpr std::uint32_t kRecipients = 2000;
  std::atomic<int> last = 0;
  std::vector<std::jthread> threads;
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::uint32_t i = 0; i < kRecipients / 4; ++i) {
        last += spool_->settled(kFirst, kRecipients) ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(last, 1);
}

TEST_F(SpoolTest, RecoversMessagesWithWhatBecameOfTheirRecipients) {
  add(kSecond, 3);
  add(kFirst, 1);
  add(kThird, 2);
  defer(kSecond, 0, 2);
  EXPECT_FALSE(settle(kSecond, 1, 3));
  defer(kThird, 1, 7);
  const Start start = this->start();
  ASSERT_EQ(start.found.size(), 3U);
  EXPECT_EQ(start.found[0].message.id, kFirst);
  EXPECT_EQ(start.found[0].states, std::vector<std::optional<RecipientState>>(1));
  EXPECT_EQ(start.found[1].message.id, kSecond);
  EXPECT_EQ(start.found[1].states[0]->attempts, 2U);
  EXPECT_EQ(start.found[1].states[0]->last_reply, "451 later");
  EXPECT_TRUE(start.found[1].states[1]->is_settled);
  EXPECT_EQ(start.found[1].states[2], std::nullopt);
  EXPECT_EQ(start.found[2].states[0], std::nullopt);
  EXPECT_EQ(start.found[2].states[1]->due, Time(std::chrono::seconds(7)));
  EXPECT_EQ(start.figures.messages, 3U);
  EXPECT_EQ(start.figures.recipients, 5U);
  EXPECT_EQ(start.figures.set_aside, 0U);
  EXPECT_TRUE(start.problems.empty());
  // The count goes on where it was.
  EXPECT_FALSE(settle(kSecond, 0, 3, true));
  EXPECT_TRUE(settle(kSecond, 2, 3));
}

TEST_F(SpoolTest, RecoversMoreStatesThanAPage) {
  constexpr std::uint32_t kMany = 9000;
  add(kFirst, kMany);
  Step step;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    spool_->defer(step, kFirst, i, {.attempts = i + 1, .due = {}, .site = {}, .last_reply = {}});
  }
  ASSERT_TRUE(store_.commit(std::move(step)));
  const Start start = this->start();
  ASSERT_EQ(start.found.size(), 1U);
  for (std::uint32_t i = 0; i < kMany; ++i) {
    ASSERT_EQ(start.found[0].states[i]->attempts, i + 1);
  }
}

// The crash came between the last settlement and the forgetting.
TEST_F(SpoolTest, AMessageWhoseRecipientsHaveAllSettledIsForgottenAtTheStart) {
  add(kFirst, 2);
  add(kSecond, 1);
  for (const std::uint32_t i : {0U, 1U}) {
    Step step;
    EXPECT_FALSE(spool_->settle(step, kFirst, i, 2, false));
    ASSERT_TRUE(store_.commit(std::move(step)));
  }
  const Start start = this->start();
  ASSERT_EQ(start.found.size(), 1U);
  EXPECT_EQ(start.found[0].message.id, kSecond);
  EXPECT_EQ(start.figures.messages, 1U);
  EXPECT_EQ(start.figures.recipients, 1U);
  EXPECT_EQ(entries(Table::body), 1);
  EXPECT_EQ(entries(Table::recipient), 0);
}

TEST_F(SpoolTest, StatesWithoutAMessageAreDropped) {
  add(kSecond, 1);
  defer(kFirst, 0, 1);
  defer(kSecond, 0, 2);
  defer(kThird, 5, 3);
  const Start start = this->start();
  ASSERT_EQ(start.found.size(), 1U);
  EXPECT_EQ(start.found[0].states[0]->attempts, 2U);
  EXPECT_EQ(entries(Table::recipient), 1);
  EXPECT_TRUE(start.problems.empty());
}

TEST_F(SpoolTest, AnUnreadableMessageIsSetAsideAndStopsNothing) {
  add(kFirst, 1);
  add(kSecond, 2);
  add(kThird, 1);
  EXPECT_FALSE(settle(kSecond, 1, 2));
  const std::string state = encode(**spool_->read_state(kSecond, 1));
  overwrite(Table::meta, message_key(kSecond), "damaged");
  const Start start = this->start();
  EXPECT_EQ(start.found.size(), 2U);
  ASSERT_EQ(start.problems.size(), 1U);
  EXPECT_NE(start.problems[0].find(to_string(kSecond)), std::string::npos) << start.problems[0];
  EXPECT_EQ(start.figures.set_aside, 1U);
  EXPECT_TRUE(is_aside(Table::meta, message_key(kSecond), "damaged"));
  // Who repairs it must not send to the one that has settled.
  EXPECT_TRUE(is_aside(Table::recipient, recipient_key(kSecond, 1), state));
  EXPECT_EQ(spool_->read_content(kSecond)->bytes, content_of(kSecond));
  EXPECT_TRUE(this->start().problems.empty()) << "told once";
}

TEST_F(SpoolTest, AnUnreadableStateMeansThatTheRecipientWaitsAsAccepted) {
  add(kFirst, 2);
  defer(kFirst, 0, 3);
  defer(kFirst, 1, 4);
  overwrite(Table::recipient, recipient_key(kFirst, 0), "damaged");
  overwrite(Table::recipient, recipient_key(kFirst, 9), encode(RecipientState()));  // nobody's
  const Start start = this->start();
  ASSERT_EQ(start.found.size(), 1U);
  EXPECT_EQ(start.found[0].states[0], std::nullopt);
  EXPECT_EQ(start.found[0].states[1]->attempts, 4U);
  EXPECT_EQ(start.problems.size(), 2U);
  EXPECT_TRUE(is_aside(Table::recipient, recipient_key(kFirst, 0), "damaged"));
  EXPECT_EQ(entries(Table::recipient), 1);
}

TEST_F(SpoolTest, WhatANewerVersionHasWrittenStaysAsItIs) {
  const std::string newer = seal_record(4, "what will be");
  add(kFirst, 1);
  add(kSecond, 2);
  add(kThird, 1);
  defer(kFirst, 0, 1);
  overwrite(Table::meta, message_key(kFirst), newer);
  overwrite(Table::recipient, recipient_key(kSecond, 1), newer);
  const Start start = this->start();
  ASSERT_EQ(start.found.size(), 1U);
  EXPECT_EQ(start.found[0].message.id, kThird);
  ASSERT_EQ(start.problems.size(), 1U);
  EXPECT_TRUE(start.problems[0].starts_with("2 messages")) << start.problems[0];
  EXPECT_EQ(entries(Table::meta), 3);
  EXPECT_EQ(entries(Table::recipient), 2);
  EXPECT_EQ(entries(Table::set_aside), 0);
}

TEST_F(SpoolTest, ADamagedBodyIsSeenWhenItIsRead) {
  add(kFirst, 1);
  std::string stored = **store_->get(Table::body, message_key(kFirst));
  stored[500] = static_cast<char>(stored[500] ^ 1);
  overwrite(Table::body, message_key(kFirst), stored);
  EXPECT_EQ(spool_->read_content(kFirst).error().code(), Errc::corrupt);
}

// Every recipient of a damaged message finds it damaged.
TEST_F(SpoolTest, SettingAsideTwiceKeepsTheRecord) {
  add(kFirst, 2);
  defer(kFirst, 1, 1);
  const std::string state = encode(**spool_->read_state(kFirst, 1));
  overwrite(Table::meta, message_key(kFirst), "damaged");
  for (int i = 0; i < 2; ++i) {
    Step step;
    EXPECT_TRUE(spool_->set_aside(step, kFirst));
    ASSERT_TRUE(store_.commit(std::move(step)));
  }
  EXPECT_TRUE(is_aside(Table::meta, message_key(kFirst), "damaged"));
  EXPECT_TRUE(is_aside(Table::recipient, recipient_key(kFirst, 1), state));
  EXPECT_EQ(spool_->read(kFirst).error().code(), Errc::not_found);
  EXPECT_EQ(entries(Table::recipient), 0);
  EXPECT_EQ(entries(Table::body), 1);
}

// Notes ride with the next commit: what has been settled a moment ago can't be read yet.
TEST_F(SpoolTest, SettingAsideTakesSettlementsThatAreStillOnTheirWay) {
  add(kFirst, 2);
  add(kSecond, 2);
  defer(kSecond, 1, 1);
  overwrite(Table::meta, message_key(kFirst), "damaged");
  Step settlement;
  EXPECT_FALSE(spool_->settle(settlement, kFirst, 0, 2, false));
  Step aside;
  EXPECT_TRUE(spool_->set_aside(aside, kFirst));
  store_.submit(std::move(settlement), store::Urgency::note);
  ASSERT_TRUE(store_.commit(std::move(aside)));
  EXPECT_FALSE(*store_->get(Table::recipient, recipient_key(kFirst, 0)));
  EXPECT_EQ(entries(Table::recipient), 1) << "of its neighbour";
}

TEST_F(SpoolTest, SettingAsideForgetsHowManyWereWaitedFor) {
  add(kFirst, 2);
  EXPECT_FALSE(settle(kFirst, 0, 2));
  overwrite(Table::meta, message_key(kFirst), "damaged");
  Step aside;
  EXPECT_TRUE(spool_->set_aside(aside, kFirst));
  ASSERT_TRUE(store_.commit(std::move(aside)));
  add(kFirst, 2);  // put back by hand, as it was
  EXPECT_FALSE(settle(kFirst, 0, 2)) << "the settlement of before counted again";
  EXPECT_TRUE(settle(kFirst, 1, 2));
}

}  // namespace
}  // namespace postrider::spool
