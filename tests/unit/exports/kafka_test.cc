#include "exports/kafka.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <thread>

#include "support/kafka_cluster.h"

namespace postrider::exports {
namespace {

using events::Event;
using testing::HasSubstr;
using namespace std::chrono_literals;

Options options_for(const std::string& brokers) {
  Options options;
  options.name = "stream";
  options.kind = Kind::kafka;
  options.brokers = {brokers};
  options.topic = test::KafkaCluster::kTopic;
  return options;
}

class KafkaTest : public testing::Test {
 protected:
  /// `count` more events, of five messages in turn.
  std::vector<const Event*> make(int count) {
    for (int i = 0; i < count; ++i) {
      Event event;
      event.sequence = made_.size() + 1;
      event.type = events::Type::delivered;
      event.message = MessageId{256 * (1 + made_.size() % 5)};
      event.to = "ann@example.net";
      made_.push_back(event);
    }
    std::vector<const Event*> last;
    for (auto at = made_.end() - count; at != made_.end(); ++at) {
      last.push_back(&*at);
    }
    return last;
  }

  /// As its consumer does: again and again.
  Result<> deliver_with_patience(const std::vector<const Event*>& batch) {
    Result<> done = kafka_->deliver(batch);
    for (int tries = 0; !done && tries < 100; ++tries) {
      done = kafka_->deliver(batch);
    }
    return done;
  }

  /// As they stand in the topic.
  std::vector<std::string> arrived() {
    std::vector<std::string> all;
    for (const auto& message : cluster_.read()) {
      all.push_back(message.value);
    }
    return all;
  }

  std::vector<std::string> sorted_json() {
    std::vector<std::string> all;
    for (const Event& event : made_) {
      all.push_back(events::to_json(event));
    }
    std::ranges::sort(all);
    return all;
  }

  void expect_each_once() {
    std::vector<std::string> all = arrived();
    std::ranges::sort(all);
    EXPECT_EQ(all, sorted_json());
  }

  std::deque<Event> made_;
  test::KafkaCluster cluster_;
  std::unique_ptr<Destination> kafka_ = make_kafka(options_for(cluster_.brokers()), 500ms).value();
};

TEST_F(KafkaTest, EachEventArrivesOnceUnderItsMessagesKeyAndInOrder) {
  ASSERT_TRUE(deliver_with_patience(make(20)));
  ASSERT_TRUE(kafka_->deliver({}));
  ASSERT_TRUE(deliver_with_patience(make(5)));
  expect_each_once();
  std::map<std::string, std::pair<int, std::uint64_t>> last;  // by key: partition, sequence
  for (const auto& message : cluster_.read()) {
    const auto from = message.value.find(':') + 1;
    const std::uint64_t sequence = std::stoull(message.value.substr(from));
    EXPECT_EQ(message.key, std::to_string(256 * (1 + (sequence - 1) % 5)));
    const auto [found, is_new] = last.try_emplace(message.key, message.partition, 0);
    EXPECT_EQ(found->second.first, message.partition) << "a key has one partition";
    EXPECT_LT(found->second.second, sequence) << "out of order";
    found->second.second = sequence;
  }
  EXPECT_EQ(last.size(), 5U);
}

TEST_F(KafkaTest, EventsOfNoMessageHaveNoKey) {
  Event event;
  event.sequence = 1;
  event.type = events::Type::operational;
  const std::vector<const Event*> one{&event};
  ASSERT_TRUE(deliver_with_patience(one));
  EXPECT_EQ(cluster_.read().at(0).key, "");
}

TEST_F(KafkaTest, WhatABrokerRefusesForNowArrivesOnce) {
  cluster_.refuse(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 2);
  ASSERT_TRUE(deliver_with_patience(make(20)));
  expect_each_once();
}

TEST_F(KafkaTest, WithoutABrokerItSaysSoAndSendsNothingTwiceAfterwards) {
  ASSERT_TRUE(deliver_with_patience(make(5)));
  cluster_.set_down();
  auto batch = make(5);
  for (int i = 0; i < 3; ++i) {
    const Result<> failed = kafka_->deliver(batch);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().text(), HasSubstr("kafka: no report of 5 events"));
  }
  cluster_.set_up();
  for (const Event* more : make(3)) {
    batch.push_back(more);  // the batch comes again, with more behind it
  }
  ASSERT_TRUE(deliver_with_patience(batch));
  expect_each_once();
}

TEST_F(KafkaTest, WhatIsRefusedForGoodIsToldAndTheRestIsNotSentAgain) {
  const auto batch = make(20);
  cluster_.refuse(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1);
  Result<> failed = kafka_->deliver(batch);
  while (!failed && failed.error().text().contains("no report")) {
    failed = kafka_->deliver(batch);
  }
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().text(), HasSubstr("is refused: Broker: Topic authorization failed"));
  const std::size_t before = arrived().size();
  EXPECT_LT(before, 20U);
  ASSERT_TRUE(deliver_with_patience(batch));
  expect_each_once();
}

TEST_F(KafkaTest, AReplayInTheMiddleOfABatchSendsAllOfItAgain) {
  const auto batch = make(20);
  cluster_.refuse(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1);
  Result<> failed = kafka_->deliver(batch);
  while (!failed && failed.error().text().contains("no report")) {
    failed = kafka_->deliver(batch);
  }
  ASSERT_FALSE(failed);
  const std::size_t before = arrived().size();
  ASSERT_GT(before, 0U) << "of the other partitions";
  kafka_->begin_again();
  ASSERT_TRUE(deliver_with_patience(batch));
  EXPECT_EQ(arrived().size(), before + 20);
}

TEST_F(KafkaTest, StopsWaitingWhenItIsToldTo) {
  cluster_.set_down();
  const auto batch = make(5);
  std::thread stopper([&] { kafka_->stop_waiting(); });
  const Result<> failed = kafka_->deliver(batch);
  stopper.join();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), Errc::closed);
}

TEST_F(KafkaTest, AReplaySendsWhatWasSent) {
  const auto batch = make(5);
  ASSERT_TRUE(deliver_with_patience(batch));
  kafka_->begin_again();
  ASSERT_TRUE(deliver_with_patience(batch));
  EXPECT_EQ(arrived().size(), 10U);
}

struct Wrong {
  const char* name;
  std::function<void(Options&)> change;
  const char* says;
};

TEST(KafkaOptions, WhatCantBeIsNamed) {
  const Wrong rows[] = {
      {"no broker", [](Options& o) { o.brokers = {}; }, "there is no broker"},
      {"two in one", [](Options& o) { o.brokers = {"a:1,b:2"}; }, "'a:1,b:2' is not a broker"},
      {"no topic", [](Options& o) { o.topic = ""; }, "the topic must be"},
      {"a strange topic", [](Options& o) { o.topic = "a b"; }, "the topic must be"},
      {"ours", [](Options& o) { o.properties = {{"acks", "1"}}; }, "the property acks is set by"},
      {"unknown", [](Options& o) { o.properties = {{"colour", "red"}}; }, "colour"},
      {"a wrong value", [](Options& o) { o.properties = {{"linger.ms", "soon"}}; },
       "queue.buffering.max.ms"}};
  for (const Wrong& row : rows) {
    Options options = options_for("127.0.0.1:9092");
    row.change(options);
    const Result<> checked = check_kafka(options);
    ASSERT_FALSE(checked) << row.name;
    EXPECT_THAT(checked.error().text(), HasSubstr(row.says)) << row.name;
  }
  EXPECT_TRUE(check_kafka(options_for("127.0.0.1:9092")));
}

}  // namespace
}  // namespace postrider::exports
