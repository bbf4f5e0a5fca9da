#include "http/message_story.h"

#include <future>
#include <gtest/gtest.h>

#include "store/store.h"
#include "support/fresh_folder.h"

namespace postrider::http {
namespace {

constexpr std::uint32_t kMany = 70;
const MessageId kBefore{1000 * kIdStep};
const MessageId kMessage{1001 * kIdStep};
const MessageId kAfter{(1001 + kMany) * kIdStep};

/// Three messages whose ids follow one another, on a real store.
class MessageStoryTest : public testing::Test {
 protected:
  MessageStoryTest()
      : store_(*store::Store::open({.directory = folder_ / "spool"})),
        spool_(spool::make_spool(*store_)),
        events_(events::make_event_store(*store_)) {
    store_->start([](const Error&) {});
    accept(kBefore, 1);
    accept(kMessage, kMany);
    accept(kAfter, 1);
  }

  void commit(store::Step step) {
    bool is_durable = false;
    std::vector<store::Store::Request> requests;
    requests.push_back(
        {.step = std::move(step),
         .completed = [&](const Result<>& result) { is_durable = result.has_value(); },
         .reply_to = &mailbox_});
    store_->submit(requests);
    io_.run_one_for(std::chrono::seconds(20));
    ASSERT_TRUE(is_durable);
  }

  static std::string address(std::uint32_t index) {
    return "r" + std::to_string(index) + "@a.example";
  }

  events::Event event(events::Type type, MessageId message, std::uint32_t index) const {
    events::Event made;
    made.type = type;
    made.message = message;
    made.recipient = recipient_of(message, index);
    made.to = address(index);
    return made;
  }

  void accept(MessageId id, std::uint32_t count) {
    spool::Message message;
    message.id = id;
    store::Step step;
    for (std::uint32_t i = 0; i < count; ++i) {
      message.envelope.recipients.push_back(
          {.address = {.local = "r" + std::to_string(i), .domain = "a.example"}, .orcpt = ""});
      events_->append(step, event(events::Type::accepted, id, i));
    }
    spool_->add(step, message, std::make_shared<const std::string>("content"), {});
    commit(std::move(step));
  }

  void settle(MessageId id, std::uint32_t index, std::uint32_t count) {
    store::Step step;
    auto delivered = event(events::Type::delivered, id, index);
    delivered.reply = "250 ok";
    delivered.attempt = 1;
    events_->append(step, delivered);
    const bool is_gone = spool_->settle(step, id, index, count, false);
    commit(std::move(step));
    if (is_gone) {
      return;
    }
    if (auto last = spool_->settled(id, count)) {
      commit(*std::move(last));
    }
  }

  Result<MessageStory> tell(RecipientId id, std::uint32_t limit = 1000) const {
    return tell_story(*spool_, *events_, id, limit);
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(io_);
  net::Mailbox mailbox_{io_};
  test::FreshFolder folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<spool::Spool> spool_;
  std::unique_ptr<events::EventStore> events_;
};

TEST_F(MessageStoryTest, AWaitingMessageIsFoundByAnyOfItsRecipients) {
  settle(kMessage, 1, kMany);
  const auto story = tell(recipient_of(kMessage, 42));
  ASSERT_TRUE(story) << story.error().text();
  EXPECT_EQ(story->id, kMessage);
  EXPECT_TRUE(story->message);
  ASSERT_EQ(story->recipients.size(), kMany);
  EXPECT_TRUE(story->recipients[0].is_waiting);
  EXPECT_FALSE(story->recipients[1].is_waiting);
  EXPECT_EQ(story->recipients[1].last, events::Type::delivered);
  EXPECT_EQ(story->recipients[1].last_reply, "250 ok");
  EXPECT_EQ(story->recipients[42].address, address(42));
  EXPECT_EQ(story->events.size(), kMany + 1);
}

TEST_F(MessageStoryTest, ASettledMessageIsToldFromItsEvents) {
  for (std::uint32_t i = 0; i < kMany; ++i) {
    settle(kMessage, i, kMany);
  }
  ASSERT_FALSE(spool_->read(kMessage));
  const auto story = tell(recipient_of(kMessage, kMany - 1));
  ASSERT_TRUE(story) << story.error().text();
  EXPECT_EQ(story->id, kMessage);
  EXPECT_FALSE(story->message);
  EXPECT_EQ(story->recipients_in_all, kMany);
  ASSERT_EQ(story->recipients.size(), kMany);
  EXPECT_EQ(story->recipients.back().last, events::Type::delivered);
  EXPECT_EQ(story->recipients.back().address, address(kMany - 1));
  EXPECT_FALSE(story->recipients.back().is_waiting);
  EXPECT_EQ(story->events.size(), 2 * kMany);
}

TEST_F(MessageStoryTest, NeighboursAreNotMixedIn) {
  settle(kBefore, 0, 1);
  const auto story = tell(recipient_of(kBefore, 0));
  ASSERT_TRUE(story);
  EXPECT_EQ(story->recipients_in_all, 1U);
  EXPECT_EQ(story->events.size(), 2U);
}

TEST_F(MessageStoryTest, OfMoreThanTheLimitTheOneThatWasAskedForIsThere) {
  const auto story = tell(recipient_of(kMessage, 42), 10);
  ASSERT_TRUE(story);
  EXPECT_EQ(story->recipients_in_all, kMany);
  ASSERT_EQ(story->recipients.size(), 10U);
  EXPECT_EQ(story->recipients.front().id, recipient_of(kMessage, 42));
  EXPECT_EQ(story->recipients.front().address, address(42));
  EXPECT_EQ(story->events.size(), 10U);
}

TEST_F(MessageStoryTest, NobodyKnowsAnUnknownId) {
  const auto story = tell(RecipientId{5});
  ASSERT_FALSE(story);
  EXPECT_EQ(story.error().code(), Errc::not_found);
}

}  // namespace
}  // namespace postrider::http
