// Which of many words stand in a text, in one pass over it (Aho and Corasick, 1975). Bytes are
// compared as they are. Doesn't change once it exists: const calls from any thread.
#pragma once

#include <array>
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
  /// Empty words are found nowhere.
  explicit WordFinder(std::span<const std::string> words);

  /// Leaves the words that stand in `text` in `scratch.found`.
  void find(std::string_view text, Scratch& scratch) const;

 private:
  struct State {
    int word = -1;              ///< that ends here
    std::uint32_t shorter = 0;  ///< next state with a word that ends here too; 0: none
  };

  void give_letters_to(std::span<const std::string> words);
  void add(std::string_view word, int id);
  void link();
  std::uint32_t& next(std::uint32_t state, std::size_t letter) {
    return next_[state * letters_ + letter];
  }

  std::array<std::uint8_t, 256> letter_of_{};  ///< bytes that are in no word share letter 0
  std::size_t letters_ = 1;
  std::vector<std::uint32_t> next_;  ///< by state and letter
  std::vector<State> states_;
  std::size_t words_ = 0;
};

}  // namespace postrider
