// Which words a text must have for a regular expression to match in it: the question that is asked
// of all patterns at once before any of them is tried (Cox, "Regular Expression Matching with a
// Trigram Index", 2012, has the idea).
//
// The answer is never too strict: a text without the words can't match. It may be too lax: a text
// that has them need not match. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postrider::bounce {

/// Any one of them is enough. None is shorter than kShortestWord, and none contains another.
using Words = std::vector<std::string>;
/// All of them are needed; empty: the expression needs nothing that can be named.
using Needs = std::vector<Words>;

inline constexpr std::size_t kShortestWord = 2;
inline constexpr std::size_t kNeedsMost = 3;  ///< the most telling ones of a branch

/// The ways in which `expression` (RE2's syntax, lower case) can match: one of them is enough.
std::vector<Needs> required_words(std::string_view expression);

}  // namespace postrider::bounce
