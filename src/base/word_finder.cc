#include "base/word_finder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace postrider {

namespace {

constexpr std::size_t kShortest = 2;
constexpr std::size_t kFront = 6;         // bytes of a long word that are looked for
constexpr unsigned kHashBits = 16;        // 8 KiB of bits: they stay in the nearest cache
constexpr unsigned kHashesOfABucket = 8;  // eight bits of the table share a list of words

/// The first bytes of `text` (kFront at most are wanted), the rest zero.
std::uint64_t front_of(std::string_view text) {
  std::uint64_t front = 0;
  std::memcpy(&front, text.data(), std::min<std::size_t>(text.size(), 8));
  return front;
}

/// What is left of a front if only `size` bytes count, in whichever order they lie in memory.
std::uint64_t first_bytes(std::uint64_t front, std::size_t size) {
  static constexpr auto kMasks = [] {
    std::array<std::array<unsigned char, 8>, kFront + 1> masks{};
    for (std::size_t i = 0; i < masks.size(); ++i) {
      std::fill_n(masks[i].begin(), i, static_cast<unsigned char>(0xFF));
    }
    return masks;
  }();
  return front & std::bit_cast<std::uint64_t>(kMasks[size]);
}

/// Fibonacci hashing: the upper bits of the product depend on all bytes.
std::size_t hash_of(std::uint64_t front, std::size_t size) {
  return (front + size) * 0x9E3779B97F4A7C15U >> (64U - kHashBits);
}

std::size_t pair_of(std::string_view text) {
  return static_cast<std::size_t>(static_cast<unsigned char>(text[0])) |
         static_cast<std::size_t>(static_cast<unsigned char>(text[1])) << 8U;
}

std::size_t front_size(std::size_t word_size) {
  return std::min(word_size, kFront);
}

}  // namespace

WordFinder::WordFinder(std::span<const std::string> words) : count_(words.size()) {
  std::vector<std::vector<int>> buckets((std::size_t{1} << kHashBits) / kHashesOfABucket);
  fronts_.resize((std::size_t{1} << kHashBits) / 64);
  fronts_of_pair_.resize(std::size_t{1} << 16U);
  for (std::size_t id = 0; id < words.size(); ++id) {
    if (words[id].size() < kShortest) {
      continue;
    }
    const std::size_t size = front_size(words[id].size());
    fronts_of_pair_[pair_of(words[id])] |= static_cast<std::uint8_t>(1U << size);
    const std::size_t hash = hash_of(first_bytes(front_of(words[id]), size), size);
    fronts_[hash / 64] |= std::uint64_t{1} << (hash % 64);
    buckets[hash / kHashesOfABucket].push_back(static_cast<int>(id));
  }
  for (const std::vector<int>& bucket : buckets) {
    begins_.push_back(static_cast<std::uint32_t>(words_.size()));
    for (const int id : bucket) {
      const std::string& word = words[static_cast<std::size_t>(id)];
      words_.push_back({.front = first_bytes(front_of(word), front_size(word.size())),
                        .offset = static_cast<std::uint32_t>(bytes_.size()),
                        .size = static_cast<std::uint32_t>(word.size()),
                        .id = id});
      bytes_ += word;
    }
  }
  begins_.push_back(static_cast<std::uint32_t>(words_.size()));
}

void WordFinder::look_at(std::size_t hash, std::uint64_t front, std::size_t size,
                         std::string_view rest, Scratch& scratch) const {
  const std::size_t bucket = hash / kHashesOfABucket;
  for (std::uint32_t i = begins_[bucket]; i < begins_[bucket + 1]; ++i) {
    const Word& word = words_[i];
    // The sizes as well: a word may end in zeros.
    if (word.front != front || front_size(word.size) != size || word.size > rest.size()) {
      continue;
    }
    if (word.size > kFront && std::memcmp(bytes_.data() + word.offset + kFront,
                                          rest.data() + kFront, word.size - kFront) != 0) {
      continue;
    }
    std::uint32_t& seen = scratch.seen[static_cast<std::size_t>(word.id)];
    if (seen != scratch.search) {
      seen = scratch.search;
      scratch.found.push_back(word.id);
    }
  }
}

void WordFinder::find(std::string_view text, Scratch& scratch) const {
  scratch.found.clear();
  scratch.seen.resize(count_);
  if (++scratch.search == 0) {  // has gone round
    scratch.seen.assign(count_, 0);
    scratch.search = 1;
  }
  if (words_.empty()) {
    return;
  }
  for (std::size_t i = 0; i + kShortest <= text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    unsigned sizes = fronts_of_pair_[pair_of(rest)];
    if (sizes == 0) {
      continue;  // no word begins like this
    }
    const std::uint64_t eight = front_of(rest);
    const std::size_t longest = front_size(rest.size());
    for (; sizes != 0; sizes &= sizes - 1) {
      const auto size = static_cast<std::size_t>(std::countr_zero(sizes));
      if (size > longest) {
        break;
      }
      const std::uint64_t front = first_bytes(eight, size);
      const std::size_t hash = hash_of(front, size);
      if ((fronts_[hash / 64] >> (hash % 64) & 1U) != 0) {
        look_at(hash, front, size, rest, scratch);
      }
    }
  }
}

}  // namespace postrider
