// What an operator sets about one export of events, [[export]]. Values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "events/event.h"

namespace postrider::exports {

enum class Kind : std::uint8_t { clickhouse, kafka, files };
enum class Start : std::uint8_t { beginning, end };

struct Options {
  std::string name;  ///< of its cursor: stays
  Kind kind = Kind::files;
  std::vector<std::string> accounts = {};  ///< by name; none: all, and what is of no account
  std::vector<events::Type> types = {};    ///< none: all
  Start start = Start::beginning;          ///< of the log, where it has never read
  Duration gather = std::chrono::seconds(1);
  std::uint32_t batch = 10'000;  ///< events at most

  // clickhouse
  std::string url = {};
  std::string user = {};
  std::string password = {};
  std::string table = "postrider_events";

  // kafka
  std::vector<std::string> brokers = {};  ///< HOST:PORT
  std::string topic = {};
  std::vector<std::pair<std::string, std::string>> properties = {};  ///< of librdkafka

  // files
  std::filesystem::path folder = {};
  std::uint64_t file_bytes = 64 << 20;
  Duration file_age = std::chrono::hours(1);

  bool operator==(const Options&) const = default;
};

}  // namespace postrider::exports
