#include "bounce/pattern_set.h"

#include <algorithm>
#include <limits>
#include <map>
#include <re2/re2.h>

#include "base/text.h"
#include "bounce/normal_form.h"

namespace postrider::bounce {
namespace {

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
  std::vector<std::unique_ptr<RE2>> all;
};

PatternSet::PatternSet() : expressions_(std::make_unique<Expressions>()) {}
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;
PatternSet::~PatternSet() = default;

Result<int> PatternSet::add(std::string_view pattern) {
  const std::string expression = expression_of(pattern);
  auto compiled = std::make_unique<RE2>(expression, options());
  if (!compiled->ok()) {
    return fail(Errc::invalid, "'" + std::string(pattern) + "': " + compiled->error());
  }
  if (compiled->ProgramSize() > kLongestProgram) {
    return fail(Errc::invalid, "'" + std::string(pattern) +
                                   "' is too large an expression; write '.*' in place of a large "
                                   "counted repetition, or two rules");
  }
  std::vector<Needs> ways = required_words(expression);
  if (std::ranges::any_of(ways, &Needs::empty)) {
    return fail(Errc::invalid, "'" + std::string(pattern) +
                                   "' has no two fixed characters in a row without which it "
                                   "can't match");
  }
  expressions_->all.push_back(std::move(compiled));
  required_.push_back(std::move(ways));
  return static_cast<int>(required_.size()) - 1;
}

void PatternSet::compile() {
  std::map<std::string, std::vector<Use>> uses;
  for (std::uint32_t pattern = 0; pattern < required_.size(); ++pattern) {
    for (const Needs& needs : required_[pattern]) {
      const auto way = static_cast<std::uint32_t>(ways_.size());
      ways_.push_back({.pattern = pattern, .needs = (1U << needs.size()) - 1});
      for (std::uint32_t i = 0; i < needs.size(); ++i) {
        for (const std::string& word : needs[i]) {
          uses[word].push_back({.way = way, .need = 1U << i});
        }
      }
    }
  }
  required_.clear();
  std::vector<std::string> words;
  for (const auto& [word, used] : uses) {
    words.push_back(word);
    first_.push_back(static_cast<std::uint32_t>(uses_.size()));
    uses_.insert(uses_.end(), used.begin(), used.end());
  }
  first_.push_back(static_cast<std::uint32_t>(uses_.size()));
  words_ = WordFinder(words);
}

void PatternSet::look(std::string_view normal, Scratch& scratch) const {
  words_.find(normal, scratch.words);
  scratch.candidates.clear();
  scratch.met.resize(ways_.size());
  scratch.seen.resize(expressions_->all.size());
  if (scratch.look == std::numeric_limits<std::uint32_t>::max()) {
    scratch.met.assign(ways_.size(), 0);
    scratch.seen.assign(scratch.seen.size(), 0);
    scratch.look = 0;
  }
  ++scratch.look;
  for (const int word : scratch.words.found) {
    const auto at = static_cast<std::size_t>(word);
    for (std::uint32_t i = first_[at]; i < first_[at + 1]; ++i) {
      const Use use = uses_[i];
      // The look above, the needs below: a way that an earlier look has met begins anew.
      std::uint64_t& met = scratch.met[use.way];
      met = (met >> 32U == scratch.look ? met : std::uint64_t{scratch.look} << 32U) | use.need;
      const Way& way = ways_[use.way];
      if (static_cast<std::uint32_t>(met) == way.needs &&
          scratch.seen[way.pattern] != scratch.look) {
        scratch.seen[way.pattern] = scratch.look;
        scratch.candidates.push_back(static_cast<int>(way.pattern));
      }
    }
  }
  std::ranges::sort(scratch.candidates);
}

bool PatternSet::matches(int id, std::string_view normal) const {
  return RE2::PartialMatch({normal.data(), normal.size()},
                           *expressions_->all[static_cast<std::size_t>(id)]);
}

}  // namespace postrider::bounce
