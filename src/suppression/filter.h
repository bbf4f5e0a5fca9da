// Which addresses can't be on the list: asked for every recipient, and answered from memory.
//
// A Bloom filter of blocks: an entry sets one bit in each of the eight words of one block, which is
// one line of the processor's cache. 12 bits an entry; about 1 of 100 addresses that aren't there
// seem to be, and then the database is asked. It grows by adding a further, larger filter behind
// the ones that are full: what is there is never built anew.
//
// Any thread. Nothing is taken out.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "suppression/change.h"

namespace postrider::suppression {

/// What of an account and an address the filter looks at.
struct Fingerprint {
  std::uint64_t place = 0;
  std::uint64_t bits = 0;
};
Fingerprint fingerprint_of(AccountId account, const AddressHash& hash);

class Filter {
 public:
  /// `expected`: entries for which the first part has room; it is 96 KiB at least.
  explicit Filter(std::uint64_t expected = 0);
  ~Filter();

  void add(Fingerprint entry);
  /// False: it has not been added.
  bool may_contain(Fingerprint entry) const;

  std::uint64_t bytes() const;
  std::uint64_t entries() const { return entries_.load(std::memory_order_relaxed); }

 private:
  struct Part;
  static constexpr std::size_t kParts = 24;

  std::array<std::atomic<const Part*>, kParts> seen_{};  // in the order of `owned_`
  std::atomic<std::uint64_t> entries_ = 0;
  mutable std::mutex mutex_;  // of adding
  std::vector<std::unique_ptr<Part>> owned_;
};

}  // namespace postrider::suppression
