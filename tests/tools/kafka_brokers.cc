// Brokers of Kafka on loopback for black-box tests, by librdkafka's mock cluster. Says where they
// are ("127.0.0.1:PORT,..."), then does what each line of its input says and answers with a line:
//
//   down N, up N   a broker, from 1
//   refuse N       the next N requests to produce: not the leader, try another broker
//   read           how many messages there are, then one a line: PARTITION TAB KEY TAB VALUE
//
// Ends with its input.
#include <fmt/core.h>
#include <iostream>
#include <sstream>
#include <string>

#include "support/kafka_cluster.h"

int main() {
  constexpr int kBrokers = 2;
  postrider::test::KafkaCluster cluster(kBrokers);
  fmt::print("{}\n", cluster.brokers());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string word;
    int number = 0;
    words >> word >> number;
    if (word == "read") {
      const auto messages = cluster.read();
      fmt::print("{}\n", messages.size());
      for (const auto& message : messages) {
        fmt::print("{}\t{}\t{}\n", message.partition, message.key, message.value);
      }
    } else {
      if (word == "down") {
        cluster.set_down(number);
      } else if (word == "up") {
        cluster.set_up(number);
      } else if (word == "refuse") {
        cluster.refuse(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, number);
      }
      fmt::print("done\n");
    }
    std::fflush(stdout);
  }
  return 0;
}
