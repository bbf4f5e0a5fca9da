#include "readers/pattern_list.h"

#include <algorithm>
#include <re2/re2.h>
#include <utility>

#include "base/text.h"

namespace postrider::readers {
namespace {

constexpr int kGroupsMax = 9;
// Enough for the largest of uap-core's; and what a pattern may remember of the texts that it saw.
constexpr std::int64_t kPatternBytes = 256 << 10;

re2::RE2::Options options_of(const Pattern& pattern) {
  re2::RE2::Options options;
  options.set_case_sensitive(!pattern.ignores_case);
  options.set_log_errors(false);
  options.set_max_mem(kPatternBytes);
  return options;
}

/// `name` with "$1" to "$9" filled in.
std::string filled_in(const std::string& name, const std::vector<re2::StringPiece>& groups) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_group = name[i] == '$' && i + 1 < name.size() && is_digit(name[i + 1]);
    if (!is_group) {
      out.push_back(name[i]);
      continue;
    }
    const auto group = static_cast<std::size_t>(name[++i] - '0');
    if (group < groups.size() && groups[group].data() != nullptr) {
      out.append(groups[group].data(), groups[group].size());
    }
  }
  return out;
}

}  // namespace

Result<> PatternList::add(Pattern pattern) {
  int id = 0;
  const auto code = patterns_.Add(pattern.text, options_of(pattern), &id);
  if (code != re2::RE2::NoError) {
    const re2::RE2 again(pattern.text, options_of(pattern));
    return fail(Errc::invalid, "'" + printable(pattern.text, 80) + "': " + again.error());
  }
  names_.push_back(pattern.name.empty() ? "$1" : std::move(pattern.name));
  return {};
}

void PatternList::compile() {
  std::vector<std::string> words;
  patterns_.Compile(&words);
  words_ = WordFinder(words);
}

std::string PatternList::name_of(std::string_view agent, std::string_view lower) const {
  if (names_.empty()) {
    return {};
  }
  thread_local WordFinder::Scratch scratch;
  words_.find(lower, scratch);
  const int first =
      patterns_.FirstMatch(re2::StringPiece(agent.data(), agent.size()), scratch.found);
  if (first < 0) {
    return {};
  }
  const re2::RE2& pattern = patterns_.GetRE2(first);
  const int count = std::min(kGroupsMax, pattern.NumberOfCapturingGroups()) + 1;
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(count));
  pattern.Match(re2::StringPiece(agent.data(), agent.size()), 0, agent.size(), re2::RE2::UNANCHORED,
                groups.data(), count);
  const std::string name = filled_in(names_[static_cast<std::size_t>(first)], groups);
  return std::string(trim(name));
}

}  // namespace postrider::readers
