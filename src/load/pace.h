// When each message of a load is due.
//
// In an open loop a message is due at its place in the schedule whatever became of those before it;
// one that is sent late is late, and the schedule does not wait for it. Without a rate everything
// is due at once.
//
// Values; the time comes in as an argument. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace postrider::load {

class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `per_second` > 0, or nothing: as fast as it goes.
  Pace(std::optional<double> per_second, Time start) : per_second_(per_second), start_(start) {}

  /// When message `number` (from 0) is due.
  Time due(std::uint64_t number) const {
    if (!per_second_) {
      return start_;
    }
    const std::chrono::duration<double> after(static_cast<double>(number) / *per_second_);
    return start_ + std::chrono::duration_cast<Time::duration>(after);
  }

  /// How late message `number` is at `now`; zero if it is not due yet, or where there is no rate.
  std::chrono::microseconds lateness(std::uint64_t number, Time now) const {
    if (!per_second_ || now < due(number)) {
      return std::chrono::microseconds(0);
    }
    return std::chrono::duration_cast<std::chrono::microseconds>(now - due(number));
  }

  bool has_rate() const { return per_second_.has_value(); }

 private:
  std::optional<double> per_second_;
  Time start_;
};

}  // namespace postrider::load
