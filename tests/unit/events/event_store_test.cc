#include "events/event_store.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "events/fields.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::events {
namespace {

constexpr MessageId kMessage{1000 * kIdStep};

class EventStoreTest : public ::testing::Test {
 protected:
  void append(MessageId message, std::optional<std::uint32_t> recipient, std::string detail) {
    Event event;
    event.message = message;
    if (recipient) {
      event.recipient = recipient_of(message, *recipient);
    }
    event.detail = std::move(detail);
    store::Step step;
    events_->append(step, event);
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  static std::string details(const Page& page) {
    std::string all;
    for (const Event& event : page.events) {
      all += event.detail;
    }
    return all;
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  std::unique_ptr<EventStore> events_ = make_event_store(*store_);
};

TEST_F(EventStoreTest, IsReadInPages) {
  for (const char* detail : {"a", "b", "c", "d", "e"}) {
    append(kMessage, 0, detail);
  }
  EXPECT_EQ(events_->last_sequence(), 5U);
  std::uint64_t from = 0;
  for (const char* expected : {"ab", "cd", "e", ""}) {
    const auto page = events_->read(from, 2);
    ASSERT_TRUE(page);
    EXPECT_EQ(details(*page), expected);
    from = page->next;
  }
  EXPECT_EQ(from, 6U);
  append(kMessage, 0, "f");
  const auto page = events_->read(from, 2);
  EXPECT_EQ(details(*page), "f");
  EXPECT_EQ(page->events[0].sequence, 6U);
}

TEST_F(EventStoreTest, GivesTheTypesThatAreWantedAndCountsTheOthers) {
  for (const Type type : {Type::accepted, Type::opened, Type::delivered, Type::clicked}) {
    Event event;
    event.type = type;
    store::Step step;
    events_->append(step, event);
    ASSERT_TRUE(store_.commit(std::move(step)));
  }
  const std::vector<Type> wanted{Type::opened, Type::clicked};
  const auto page = events_->read(1, 3, wanted);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->events.size(), 1U);
  EXPECT_EQ(page->events[0].type, Type::opened);
  EXPECT_EQ(page->next, 4U) << "three were looked at";
  EXPECT_EQ(events_->read(4, 3, wanted)->events.at(0).type, Type::clicked);
}

TEST_F(EventStoreTest, GivesTheFieldsThatAreWanted) {
  Event event;
  event.type = Type::delivered;
  event.recipient = RecipientId{77};
  event.site = "mx.a";
  event.to = "ann@example.net";
  event.attempt = 2;
  store::Step step;
  events_->append(step, event);
  ASSERT_TRUE(store_.commit(std::move(step)));
  const Event read = events_->read(1, 1, {}, fields({"to", "attempt"})).value().events.at(0);
  Event expected;
  expected.sequence = 1;
  expected.type = Type::delivered;
  expected.to = "ann@example.net";
  expected.attempt = 2;
  EXPECT_EQ(read, expected);
}

TEST_F(EventStoreTest, TellsHowARecipientBeganHoweverMuchCameLater) {
  for (const char* detail : {"a", "b", "c", "d"}) {
    append(kMessage, 0, detail);
    append(kMessage, 1, "x");
  }
  EXPECT_EQ(details(*events_->first_about(recipient_of(kMessage, 0), 1)), "a");
  EXPECT_EQ(details(*events_->first_about(recipient_of(kMessage, 0), 3)), "abc");
  EXPECT_EQ(details(*events_->first_about(recipient_of(kMessage, 1), 10)), "xxxx");
  EXPECT_EQ(details(*events_->first_about(recipient_of(kMessage, 2), 10)), "");
}

TEST_F(EventStoreTest, TellsTheFirstOfATypeAboutARecipient) {
  constexpr RecipientId kAnn{77};
  for (const Type type : {Type::accepted, Type::deferred, Type::delivered, Type::delivered}) {
    Event event;
    event.type = type;
    event.recipient = kAnn;
    event.site = "mx." + std::to_string(events_->last_sequence());
    event.to = "ann@example.net";
    store::Step step;
    events_->append(step, event);
    ASSERT_TRUE(store_.commit(std::move(step)));
  }
  const auto first = [&](RecipientId recipient, Type type, std::size_t limit) {
    return events_->first_about(recipient, type, limit, fields({"site"})).value();
  };
  const std::optional<Event> delivered = first(kAnn, Type::delivered, 80);
  ASSERT_TRUE(delivered);
  EXPECT_EQ(delivered->site + delivered->to, "mx.2");
  EXPECT_EQ(delivered->sequence, 3U);
  EXPECT_FALSE(first(kAnn, Type::delivered, 2)) << "not among so few";
  EXPECT_FALSE(first(kAnn, Type::failed, 80));
  EXPECT_FALSE(first(RecipientId{78}, Type::delivered, 80));
}

TEST_F(EventStoreTest, TellsTheStoryOfOneMessage) {
  append(kMessage, 0, "a");
  append(kMessage, 1, "b");
  append(MessageId{kMessage.value + 2 * kIdStep}, 0, "the next message");
  append(MessageId{kMessage.value + 1}, 0, "another partition");
  append(kMessage, 0, "c");
  append(kMessage, std::nullopt, "d");  // about the message itself
  const auto page = events_->about(kMessage, 2);
  ASSERT_TRUE(page);
  EXPECT_EQ(details(*page), "abcd");
  EXPECT_TRUE(events_->about(MessageId{kMessage.value + 500 * kIdStep}, 3)->events.empty());
}

TEST_F(EventStoreTest, CountsAndSkipsWhatItCannotRead) {
  append(kMessage, 0, "a");
  append(kMessage, 0, "b");
  append(kMessage, 0, "c");
  std::string second;
  put_u64(second, 2);
  ASSERT_TRUE(store_.commit(test::put(store::Table::event, second, "damaged")));
  const auto page = events_->read(0, 10);
  ASSERT_TRUE(page);
  EXPECT_EQ(details(*page), "ac");
  EXPECT_EQ(page->unreadable, 1U);
  EXPECT_EQ(page->next, 4U);
  EXPECT_EQ(events_->about(kMessage, 1)->unreadable, 1U);
}

}  // namespace
}  // namespace postrider::events
