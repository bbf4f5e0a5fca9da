#include "bounce/pattern_set.h"

#include <algorithm>
#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include "base/text.h"
#include "bounce/normal_form.h"

namespace postrider::bounce {
namespace {

constexpr int kShortestWord = 2;
// Alternatives are cheap, counted repetitions are not: ".{0,60}" alone is some 600 instructions.
constexpr int kLongestProgram = 4000;

// What the sentence goes on with: the dot of "mx.example.com" doesn't end it. No count, because
// an automaton for "at most 60 of any" has a state for each place where the 60 may have begun.
constexpr std::string_view kWithinSentence = "(?:[^.]|\\.[^ ])*";

RE2::Options options() {
  RE2::Options options;
  options.set_never_capture(true);
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(2 << 20);
  return options;
}

void append_letter(std::string& out, char32_t letter, std::string_view base, bool in_class) {
  if (in_class) {
    out += base;
    return;
  }
  const bool is_umlaut = letter == U'ä' || letter == U'ö' || letter == U'ü' || letter == U'Ä' ||
                         letter == U'Ö' || letter == U'Ü';
  out += "(?:";
  out += base;
  if (is_umlaut) {
    out += "e?";
  }
  out += "|\\?{1,2})";
}

}  // namespace

std::string expression_of(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  while (!pattern.empty()) {
    if (pattern.front() == '\\' && pattern.size() > 1) {
      out += pattern.substr(0, 2);
      pattern.remove_prefix(2);
      continue;
    }
    const char32_t c = take_character(pattern);
    in_class = c == U'[' || (in_class && c != U']');
    if (c == U'~' && !in_class) {
      out += kWithinSentence;
      continue;
    }
    if (c < 0x80) {
      out.push_back(to_lower(static_cast<char>(c)));
      continue;
    }
    const std::string_view base = base_letters(c);
    if (base.empty()) {
      append_utf8(out, plain_character(c));
    } else {
      append_letter(out, c, base, in_class);
    }
  }
  return out;
}

struct PatternSet::Expressions {
  re2::FilteredRE2 set{kShortestWord};
};

PatternSet::PatternSet() : expressions_(std::make_unique<Expressions>()) {}
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;
PatternSet::~PatternSet() = default;

Result<int> PatternSet::add(std::string_view pattern) {
  const std::string expression = expression_of(pattern);
  re2::FilteredRE2 alone(kShortestWord);
  int id = 0;
  if (alone.Add(expression, options(), &id) != RE2::NoError) {
    const RE2 wrong(expression, options());
    return fail(Errc::invalid, "'" + std::string(pattern) + "': " + wrong.error());
  }
  if (alone.GetRE2(0).ProgramSize() > kLongestProgram) {
    return fail(Errc::invalid, "'" + std::string(pattern) +
                                   "' is too large an expression; write '.*' in place of a large "
                                   "counted repetition, or two rules");
  }
  std::vector<std::string> words;
  alone.Compile(&words);
  std::vector<int> unasked;
  if (!words.empty()) {
    alone.AllPotentials({}, &unasked);
  }
  if (words.empty() || !unasked.empty()) {
    return fail(Errc::invalid, "'" + std::string(pattern) +
                                   "' has no two fixed characters in a row without which it "
                                   "can't match");
  }
  expressions_->set.Add(expression, options(), &id);
  return id;
}

void PatternSet::compile() {
  if (expressions_->set.NumRegexps() == 0) {
    return;
  }
  std::vector<std::string> words;
  expressions_->set.Compile(&words);
  words_ = WordFinder(words);
}

void PatternSet::look(std::string_view normal, Scratch& scratch) const {
  words_.find(normal, scratch.words);
  scratch.candidates.clear();
  if (!scratch.words.found.empty()) {
    expressions_->set.AllPotentials(scratch.words.found, &scratch.candidates);
    std::ranges::sort(scratch.candidates);
  }
}

bool PatternSet::matches(int id, std::string_view normal) const {
  return RE2::PartialMatch({normal.data(), normal.size()}, expressions_->set.GetRE2(id));
}

}  // namespace postrider::bounce
