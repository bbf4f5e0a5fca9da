// Which message each sender sends next, and whether there is one: the part of a load that its
// threads share.
//
// Numbers count from 0 without gaps. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace postrider::load {

class Tickets {
 public:
  /// Nothing: no limit. With `until_accepted` as many are given out as are still wanted, should all
  /// of those that are out be accepted.
  Tickets(std::optional<std::uint64_t> messages, bool until_accepted)
      : messages_(messages), until_accepted_(until_accepted) {}

  /// The number of a message to send; nothing if no more are wanted now, or after stop().
  std::optional<std::uint64_t> take();

  /// What became of one that was taken.
  void settle(bool is_accepted);
  /// It has not been sent: somebody else may.
  void give_back(std::uint64_t number);

  void stop();
  bool is_stopped() const;

 private:
  bool has_more() const;

  std::optional<std::uint64_t> messages_;
  bool until_accepted_;
  mutable std::mutex mutex_;  // what follows
  std::vector<std::uint64_t> given_back_;
  std::uint64_t next_ = 0;
  std::uint64_t out_ = 0;  // taken and not settled
  std::uint64_t accepted_ = 0;
  bool stopped_ = false;
};

}  // namespace postrider::load
