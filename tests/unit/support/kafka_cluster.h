// Brokers of Kafka on loopback, by librdkafka's own mock cluster, and what a consumer reads from
// them. Thread: one.
#pragma once

#include <chrono>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace postrider::test {

class KafkaCluster {
 public:
  struct Message {
    std::string key;
    std::string value;
    int partition = 0;
  };

  explicit KafkaCluster(int brokers = 1, int partitions = 3)
      : handle_(make(RD_KAFKA_PRODUCER, {})),
        cluster_(rd_kafka_mock_cluster_new(handle_, brokers)),
        partitions_(partitions) {
    rd_kafka_mock_topic_create(cluster_, kTopic, partitions, 1);
  }
  ~KafkaCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
  }
  KafkaCluster(const KafkaCluster&) = delete;
  KafkaCluster& operator=(const KafkaCluster&) = delete;

  static constexpr const char* kTopic = "events";

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void set_down(int broker = 1) { rd_kafka_mock_broker_set_down(cluster_, broker); }
  void set_up(int broker = 1) { rd_kafka_mock_broker_set_up(cluster_, broker); }
  /// The next `count` requests to produce are answered with `error`.
  void refuse(rd_kafka_resp_err_t error, int count) {
    constexpr std::int16_t kProduce = 0;  // its number in Kafka's protocol
    const std::vector<rd_kafka_resp_err_t> errors(static_cast<std::size_t>(count), error);
    rd_kafka_mock_push_request_errors_array(cluster_, kProduce, errors.size(), errors.data());
  }

  /// All that there is, partition by partition.
  std::vector<Message> read() const {
    rd_kafka_t* const consumer = make(RD_KAFKA_CONSUMER, brokers());
    rd_kafka_topic_partition_list_t* const all = rd_kafka_topic_partition_list_new(partitions_);
    for (int i = 0; i < partitions_; ++i) {
      rd_kafka_topic_partition_list_add(all, kTopic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_assign(consumer, all);
    rd_kafka_topic_partition_list_destroy(all);
    std::vector<Message> messages;
    for (int ended = 0; ended < partitions_;) {
      rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer, 5000);
      if (message == nullptr) {
        break;
      }
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        ++ended;
      } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        messages.push_back({.key = text(message->key, message->key_len),
                            .value = text(message->payload, message->len),
                            .partition = message->partition});
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return messages;
  }

 private:
  static std::string text(const void* bytes, std::size_t size) {
    return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
  }

  static rd_kafka_t* make(rd_kafka_type_t type, const std::string& brokers) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    char why[256] = "";
    const auto set = [&](const char* name, const char* value) {
      if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) != RD_KAFKA_CONF_OK) {
        throw std::runtime_error(why);
      }
    };
    set("log_level", "0");
    if (type == RD_KAFKA_CONSUMER) {
      set("bootstrap.servers", brokers.c_str());
      set("group.id", "test");
      set("enable.partition.eof", "true");
      set("auto.offset.reset", "earliest");
    }
    rd_kafka_t* const made = rd_kafka_new(type, conf, why, sizeof(why));
    if (made == nullptr) {
      throw std::runtime_error(why);
    }
    return made;
  }

  rd_kafka_t* const handle_;
  rd_kafka_mock_cluster_t* const cluster_;
  const int partitions_;
};

}  // namespace postrider::test
