// Which of many words stand in a text, in one pass over it. Bytes are compared as they are. Doesn't
// change once it exists: const calls from any thread.
//
// At each place of the text its next two bytes tell which of its next two, three ... six are asked
// for in a small table of bits, and what is there is compared as a whole. An automaton (Aho and
// Corasick, 1975) looks at each byte once, and was slower: for the words of our rules its table is
// megabytes, and each step waits for memory (bench/micro/classifier_bench).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postrider {

class WordFinder {
 public:
  /// What a search needs, kept from one to the next.
  struct Scratch {
    std::vector<int> found;           ///< by place in `words`; each once, in no order
    std::vector<std::uint32_t> seen;  ///< by word: the search that has found it last
    std::uint32_t search = 0;
  };

  WordFinder() = default;
  /// Words of less than two bytes are found nowhere.
  explicit WordFinder(std::span<const std::string> words);

  /// Leaves the words that stand in `text` in `scratch.found`. Time grows with the text, and with
  /// how many words begin with the same six bytes.
  void find(std::string_view text, Scratch& scratch) const;

 private:
  struct Word {
    std::uint64_t front = 0;  ///< its first bytes
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    int id = -1;
  };

  /// `front`: the first `size` bytes of `rest`.
  void look_at(std::size_t hash, std::uint64_t front, std::size_t size, std::string_view rest,
               Scratch& scratch) const;

  std::string bytes_;                  ///< of all words
  std::vector<Word> words_;            ///< by bucket
  std::vector<std::uint32_t> begins_;  ///< by bucket: where in words_ its words begin
  /// By the two bytes that words begin with: a bit for each size of their fronts.
  std::vector<std::uint8_t> fronts_of_pair_;
  std::vector<std::uint64_t> fronts_;  ///< a bit for each hash of the front of a word
  std::size_t count_ = 0;
};

}  // namespace postrider
