// Many patterns, asked at once which of them may match a text, and then one by one whether they do.
//
// A pattern is a regular expression as RE2 has them (no back references, no looking around; time is
// linear in the text), found anywhere in a text in normal form (normal_form.h). It is itself
// written in any case and with accents: "Boîte" is found as "boite", and as the "bo?te" or "bo??te"
// that a lost character set leaves; "ä", "ö", "ü" also as "ae", "oe", "ue". "~" is whatever stands
// between in the same sentence.
//
// One pass over the text finds the words that the patterns can't do without; only patterns that
// have theirs are tried. Doesn't change once it exists: const calls from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/word_finder.h"
#include "bounce/required_words.h"

namespace postrider::bounce {

class PatternSet {
 public:
  struct Scratch {
    WordFinder::Scratch words;
    std::vector<std::uint64_t> met;   ///< by way: the look in which, and which of its needs are met
    std::vector<std::uint32_t> seen;  ///< by pattern: the look that has found it last
    std::uint32_t look = 0;
    std::vector<int> candidates;  ///< ids of patterns, ascending
  };

  PatternSet();
  PatternSet(PatternSet&&) noexcept;
  PatternSet& operator=(PatternSet&&) noexcept;
  ~PatternSet();

  /// The id counts from 0. Errc::invalid: not a regular expression, or one that would be slow (a
  /// large counted repetition), or without two fixed characters in a row that it depends on.
  Result<int> add(std::string_view pattern);
  /// Once, after the last add().
  void compile();

  /// Leaves in `scratch.candidates` all patterns that match, and some that don't.
  void look(std::string_view normal, Scratch& scratch) const;
  bool matches(int id, std::string_view normal) const;

 private:
  /// A way in which a pattern can match: all its needs must be met.
  struct Way {
    std::uint32_t pattern = 0;
    std::uint32_t needs = 0;  ///< a bit for each
  };
  /// A word meets one need of a way.
  struct Use {
    std::uint32_t way = 0;
    std::uint32_t need = 0;  ///< its bit
  };
  struct Expressions;

  std::unique_ptr<Expressions> expressions_;
  std::vector<std::vector<Needs>> required_;  ///< by pattern, until they are compiled
  WordFinder words_;
  std::vector<Way> ways_;
  std::vector<Use> uses_;             ///< of the first word, then of the second
  std::vector<std::uint32_t> first_;  ///< by word: where its uses begin; one more at the end
};

/// The expression that is compiled for a pattern.
std::string expression_of(std::string_view pattern);

}  // namespace postrider::bounce
