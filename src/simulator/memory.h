// What the simulator remembers: how often each address was asked for, and the messages it took
// last.
//
// Bounded: the oldest is forgotten for the newest. Addresses are compared without regard to case.
// Thread: one at a time; the simulator's.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace postrider::simulator {

constexpr std::uint32_t kRateLimit = 3;
constexpr Duration kRateWindow = std::chrono::minutes(1);

/// A message that was answered with 250.
struct Taken {
  std::uint64_t number = 0;  ///< counts from 1 since the start
  Time at{};
  std::string sender;  ///< of the envelope; empty for the null path
  std::vector<std::string> recipients;
  std::string client;   ///< address and port
  std::string tls;      ///< "TLSv1.3"; empty in the clear
  std::string content;  ///< as it came, CRLF lines
};

struct MemoryLimits {
  std::size_t addresses = 20'000;
  std::size_t messages = 200;
  std::size_t message_bytes = 32 << 20;  ///< of all messages that are kept
};

class Memory {
 public:
  explicit Memory(MemoryLimits limits) : limits_(limits) {}

  /// Counts, and says how often this address had been asked for before.
  std::uint64_t count(const std::string& address);

  /// Whether a further message now is within kRateLimit for each kRateWindow; if so it is counted.
  bool admit(const std::string& address, Time now);

  /// Gives it its number.
  std::shared_ptr<const Taken> keep(Taken taken);

  /// The last ones, oldest first.
  std::vector<std::shared_ptr<const Taken>> taken() const;
  std::uint64_t taken_in_all() const { return numbered_; }

 private:
  struct Seen {
    std::string address;
    std::uint64_t times = 0;
    std::deque<Time> admitted;  // within the window, at most kRateLimit
  };
  Seen& seen(const std::string& address);

  MemoryLimits limits_;
  std::list<Seen> recent_;  // the most recently seen first
  std::unordered_map<std::string, std::list<Seen>::iterator> by_address_;
  std::deque<std::shared_ptr<const Taken>> kept_;
  std::size_t kept_bytes_ = 0;
  std::uint64_t numbered_ = 0;
};

}  // namespace postrider::simulator
