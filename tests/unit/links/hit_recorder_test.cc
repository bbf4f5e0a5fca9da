#include "links/hit_recorder.h"

#include <gtest/gtest.h>
#include <set>

#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::links {
namespace {

using events::Event;
using events::Type;

constexpr AccountId kShop{7};
constexpr MessageId kMessage{77 * kIdStep};

class HitRecorderTest : public testing::Test {
 protected:
  void SetUp() override {
    TrackedMessage tracked;
    tracked.account = kShop;
    tracked.campaign = "spring";
    store::Step step;
    LinkStore::put(step, kMessage, tracked);
    Event accepted;
    accepted.type = Type::accepted;
    accepted.message = kMessage;
    accepted.recipient = recipient_of(kMessage, 1);
    accepted.to = "ann@example.net";
    events_->append(step, accepted);
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  static Hit hit(Type type, std::uint16_t link = 0, AccountId account = kShop,
                 MessageId message = kMessage) {
    Hit made;
    made.type = type;
    made.token = {.account = account, .message = message, .recipient = 1, .link = link};
    return made;
  }

  std::unique_ptr<HitRecorder> recorder(std::size_t waiting_max) {
    return std::make_unique<HitRecorder>(
        HitRecorder::Parts{
            .store = *store_, .events = *events_, .links = links_, .mailbox = store_.mailbox()},
        waiting_max);
  }

  std::vector<Event> recorded() const {
    auto all = events_->read(2, 100'000).value().events;  // behind `accepted`
    return all;
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "spool"};
  std::unique_ptr<events::EventStore> events_ = events::make_event_store(*store_);
  LinkStore links_{*store_};
};

TEST_F(HitRecorderTest, AHitIsAnEventOfItsRecipient) {
  const auto made = recorder(10);
  made->start();
  Hit click = hit(Type::clicked, 3);
  click.url = "https://x.example/";
  ASSERT_TRUE(made->take(click));
  ASSERT_TRUE(store_.run_until([&] { return recorded().size() == 1; }));
  const Event event = recorded().front();
  EXPECT_EQ(event.type, Type::clicked);
  EXPECT_EQ(event.to, "ann@example.net");
  EXPECT_EQ(event.campaign, "spring");
  EXPECT_EQ(event.url, "https://x.example/");
}

TEST_F(HitRecorderTest, ABurstBeyondTheBoundIsRefusedForAWhileAndNothingIsLost) {
  const auto made = recorder(50);
  std::size_t refused = 0;
  std::uint16_t taken = 0;
  for (; taken < 50; ++taken) {
    Hit one = hit(Type::clicked, taken);
    ASSERT_TRUE(made->take(one));
  }
  Hit beyond = hit(Type::clicked, taken);
  beyond.url = "still there";
  EXPECT_FALSE(made->take(beyond)) << "nobody takes them out yet";
  EXPECT_EQ(beyond.url, "still there");
  EXPECT_EQ(made->waiting(), 50U);

  made->start();
  for (; taken < 5000; ++taken) {
    Hit one = hit(Type::clicked, taken);
    while (!made->take(one)) {
      ++refused;
      store_.context().poll();  // commits are heard of
      std::this_thread::yield();
    }
  }
  EXPECT_GT(refused, 0U);
  ASSERT_TRUE(store_.run_until([&] { return recorded().size() == 5000; }));
  std::set<std::uint64_t> links;
  for (const Event& event : recorded()) {
    links.insert(event.link);
  }
  EXPECT_EQ(links.size(), 5000U);
}

TEST_F(HitRecorderTest, AStopHandsOverWhatWaits) {
  const auto made = recorder(5000);
  for (std::uint16_t i = 0; i < 5000; ++i) {
    Hit one = hit(Type::opened, i);
    ASSERT_TRUE(made->take(one));
  }
  made->start();
  made->stop();
  EXPECT_EQ(made->waiting(), 0U);
  EXPECT_TRUE(store_.run_until([&] { return recorded().size() == 5000; }));
}

TEST_F(HitRecorderTest, OfAMessageThatIsNotKeptOnlyAnUnsubscribeIsTold) {
  const auto made = recorder(10);
  for (const MessageId message : {kMessage, MessageId{99 * kIdStep}}) {
    const AccountId account = message == kMessage ? AccountId{8} : kShop;
    EXPECT_TRUE(made->step_of(hit(Type::opened, 0, account, message))->empty());
    EXPECT_TRUE(made->step_of(hit(Type::clicked, 0, account, message))->empty());
    EXPECT_FALSE(made->step_of(hit(Type::unsubscribed, 0, account, message))->empty());
  }
}

}  // namespace
}  // namespace postrider::links
