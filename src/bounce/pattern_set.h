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

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/word_finder.h"

namespace postrider::bounce {

class PatternSet {
 public:
  struct Scratch {
    WordFinder::Scratch words;
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
  struct Expressions;
  std::unique_ptr<Expressions> expressions_;
  WordFinder words_;
};

/// The expression that is compiled for a pattern.
std::string expression_of(std::string_view pattern);

}  // namespace postrider::bounce
