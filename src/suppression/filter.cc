#include "suppression/filter.h"

#include <algorithm>
#include <cstring>

namespace postrider::suppression {
namespace {

constexpr std::uint64_t kBitsAnEntry = 12;
constexpr std::uint64_t kSmallest = 65'536;  // entries
constexpr std::uint64_t kGrowth = 4;
constexpr std::size_t kWords = 8;
constexpr std::uint64_t kBlockBits = kWords * 64;

// Odd numbers, one for each word: where its bit stands.
constexpr std::array<std::uint64_t, kWords> kSalts{
    0x9E3779B97F4A7C15ULL, 0xC2B2AE3D27D4EB4FULL, 0x165667B19E3779F9ULL, 0xD6E8FEB86659FD93ULL,
    0xA0761D6478BD642FULL, 0xE7037ED1A0B428DBULL, 0x8EBC6AF09C88C6E3ULL, 0x589965CC75374CC3ULL};

std::uint64_t bit_of(std::uint64_t bits, std::size_t word) {
  return std::uint64_t{1} << (bits * kSalts[word] >> 58);
}

}  // namespace

Fingerprint fingerprint_of(AccountId account, const AddressHash& hash) {
  Fingerprint made;
  std::memcpy(&made.place, hash.data(), sizeof(made.place));
  std::memcpy(&made.bits, hash.data() + sizeof(made.place), sizeof(made.bits));
  const std::uint64_t spread = account.value * kSalts[0];
  made.place ^= spread;
  made.bits ^= spread * kSalts[1];
  return made;
}

struct Filter::Part {
  struct alignas(64) Block {
    std::array<std::atomic<std::uint64_t>, kWords> words{};
  };

  explicit Part(std::uint64_t wanted)
      : capacity(std::max(wanted, kSmallest)), blocks(capacity * kBitsAnEntry / kBlockBits + 1) {}

  std::size_t index_of(std::uint64_t place) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>(static_cast<Wide>(place) * blocks.size() >> 64);
  }

  const std::uint64_t capacity;
  std::uint64_t count = 0;
  std::vector<Block> blocks;
};

Filter::Filter(std::uint64_t expected) {
  owned_.push_back(std::make_unique<Part>(expected));
  seen_[0].store(owned_.back().get(), std::memory_order_release);
}

Filter::~Filter() = default;

void Filter::add(Fingerprint entry) {
  if (may_contain(entry)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  Part* part = owned_.back().get();
  if (part->count >= part->capacity && owned_.size() < kParts) {
    owned_.push_back(std::make_unique<Part>(part->capacity * kGrowth));
    part = owned_.back().get();
    seen_[owned_.size() - 1].store(part, std::memory_order_release);
  }
  ++part->count;
  entries_.fetch_add(1, std::memory_order_relaxed);
  Part::Block& block = part->blocks[part->index_of(entry.place)];
  for (std::size_t word = 0; word < kWords; ++word) {
    block.words[word].fetch_or(bit_of(entry.bits, word), std::memory_order_relaxed);
  }
}

bool Filter::may_contain(Fingerprint entry) const {
  for (const std::atomic<const Part*>& seen : seen_) {
    const Part* part = seen.load(std::memory_order_acquire);
    if (part == nullptr) {
      return false;
    }
    const Part::Block& block = part->blocks[part->index_of(entry.place)];
    bool has_all = true;
    for (std::size_t word = 0; word < kWords && has_all; ++word) {
      has_all = (block.words[word].load(std::memory_order_relaxed) & bit_of(entry.bits, word)) != 0;
    }
    if (has_all) {
      return true;
    }
  }
  return false;
}

std::uint64_t Filter::bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = 0;
  for (const auto& part : owned_) {
    bytes += part->blocks.size() * sizeof(Part::Block);
  }
  return bytes;
}

}  // namespace postrider::suppression
