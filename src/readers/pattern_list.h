// One list of uap-core's patterns, compiled. Doesn't change once it exists: const calls from any
// thread.
#pragma once

#include <re2/filtered_re2.h>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/word_finder.h"

namespace postrider::readers {

struct Pattern {
  std::string text;
  bool ignores_case = false;
  std::string name;  ///< what it means, "$1" being its first group; empty: the first group
};

class PatternList {
 public:
  PatternList() = default;

  /// Errc::invalid: what is wrong with it.
  Result<> add(Pattern pattern);
  /// To be called once, after the last add().
  void compile();

  /// What the first pattern that matches says, without blanks at both ends; empty: none does.
  /// `lower`: the same text in lower case.
  std::string name_of(std::string_view agent, std::string_view lower) const;

 private:
  re2::FilteredRE2 patterns_{kShortestWord};
  std::vector<std::string> names_;
  WordFinder words_;

  // Words of two letters stand in half of all user agents.
  static constexpr int kShortestWord = 3;
};

}  // namespace postrider::readers
