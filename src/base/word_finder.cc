#include "base/word_finder.h"

namespace postrider {

WordFinder::WordFinder(std::span<const std::string> words) : words_(words.size()) {
  give_letters_to(words);
  states_.emplace_back();
  next_.resize(letters_);
  for (std::size_t id = 0; id < words.size(); ++id) {
    add(words[id], static_cast<int>(id));
  }
  link();
}

// Rows of the table are as long as there are letters: a third of 256, and more of it stays cached.
void WordFinder::give_letters_to(std::span<const std::string> words) {
  for (const std::string& word : words) {
    for (const char c : word) {
      std::uint8_t& letter = letter_of_[static_cast<unsigned char>(c)];
      if (letter == 0) {
        letter = static_cast<std::uint8_t>(letters_++);  // UTF-8 has 243 different bytes
      }
    }
  }
}

void WordFinder::add(std::string_view word, int id) {
  std::uint32_t state = 0;
  for (const char c : word) {
    const std::size_t letter = letter_of_[static_cast<unsigned char>(c)];
    if (next(state, letter) == 0) {
      const auto fresh = static_cast<std::uint32_t>(states_.size());
      states_.emplace_back();
      next_.resize(next_.size() + letters_);
      next(state, letter) = fresh;
    }
    state = next(state, letter);
  }
  if (state != 0) {
    states_[state].word = id;
  }
}

// Breadth first, so that what a state falls back to is whole before the state itself.
void WordFinder::link() {
  std::vector<std::uint32_t> fallback(states_.size());
  std::vector<std::uint32_t> queue;
  for (std::size_t letter = 0; letter < letters_; ++letter) {
    if (next(0, letter) != 0) {
      queue.push_back(next(0, letter));
    }
  }
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::uint32_t state = queue[i];
    const std::uint32_t back = fallback[state];
    states_[state].shorter = states_[back].word >= 0 ? back : states_[back].shorter;
    for (std::size_t letter = 0; letter < letters_; ++letter) {
      std::uint32_t& below = next(state, letter);
      if (below == 0) {
        below = next(back, letter);
      } else {
        fallback[below] = next(back, letter);
        queue.push_back(below);
      }
    }
  }
}

void WordFinder::find(std::string_view text, Scratch& scratch) const {
  scratch.found.clear();
  scratch.seen.resize(words_);
  if (++scratch.search == 0) {  // has gone round
    scratch.seen.assign(words_, 0);
    scratch.search = 1;
  }
  if (states_.empty()) {
    return;
  }
  std::uint32_t state = 0;
  for (const char c : text) {
    state = next_[state * letters_ + letter_of_[static_cast<unsigned char>(c)]];
    for (std::uint32_t at = states_[state].word >= 0 ? state : states_[state].shorter; at != 0;
         at = states_[at].shorter) {
      const int word = states_[at].word;
      std::uint32_t& seen = scratch.seen[static_cast<std::size_t>(word)];
      if (seen == scratch.search) {
        break;  // and so have been the shorter ones
      }
      seen = scratch.search;
      scratch.found.push_back(word);
    }
  }
}

}  // namespace postrider
