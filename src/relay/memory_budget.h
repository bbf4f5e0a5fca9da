// How much memory the process may use, and whether there is room for new work.
//
// It is what the kernel counts as resident that is compared, whatever it is used for: recipients
// that wait, messages that are coming in, the database's buffers. Above nine tenths of the budget
// new mail is refused for now; deliveries go on and make room.
//
// Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace postrider::relay {

/// Of this process; 0 if the system does not say.
std::uint64_t resident_bytes();

/// Of a budget of `bytes`: what the consumers of the event log may yet take for mail that has been
/// accepted (they come later, with batches, buffers and rows of their own). 48 MiB, of a small
/// budget a quarter.
std::uint64_t kept_for_consumers(std::uint64_t bytes);

class MemoryBudget {
 public:
  /// 0: no limit. `resident` is asked a hundred times a second at most.
  explicit MemoryBudget(std::uint64_t bytes,
                        std::function<std::uint64_t()> resident = resident_bytes);

  bool has_room() const;

  /// Counts as used for as long as it lives, beside what is resident: what a step is about to need.
  class Claim {
   public:
    ~Claim() { budget_.claimed_ -= bytes_; }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

   private:
    friend class MemoryBudget;
    Claim(const MemoryBudget& budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {
      budget_.claimed_ += bytes_;
    }
    const MemoryBudget& budget_;
    std::uint64_t bytes_;
  };
  /// Whether it fits, has_room() tells.
  Claim claim(std::uint64_t bytes) const { return Claim(*this, bytes); }

 private:
  void look(std::int64_t now) const;
  void tell(bool has_room, std::int64_t now) const;

  const std::uint64_t most_;
  const std::function<std::uint64_t()> resident_;
  mutable std::atomic<std::int64_t> looked_at_ = 0;  // steady ticks
  mutable std::atomic<std::int64_t> trimmed_at_ = 0;
  mutable std::atomic<std::int64_t> told_at_ = 0;
  mutable std::atomic<std::uint64_t> seen_ = 0;
  mutable std::atomic<std::uint64_t> claimed_ = 0;
  mutable std::atomic<bool> has_room_ = true;
};

}  // namespace postrider::relay
