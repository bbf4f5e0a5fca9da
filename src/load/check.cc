#include "load/check.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "base/text.h"
#include "load/counter.h"
#include "load/log_line.h"

namespace postrider::load {
namespace {

enum class Answer : std::uint8_t { none, accepted, refused, unanswered };

/// What each number of a run was answered. Numbers have no gaps but those of a load that was
/// killed.
using Answers = std::map<std::uint32_t, std::vector<Answer>>;

// A log has a line for each number, in almost the right order: one that would need far more memory
// than the log is long is not a load's.
constexpr std::uint64_t kLargestGap = 10'000'000;

/// Calls `take(line)` for each whole line; false from it: the line is none.
template <class Take>
Result<> for_each_line(const std::filesystem::path& path, Take take) {
  std::ifstream file(path);
  if (!file) {
    return fail(Errc::not_found, path.string() + " can't be read");
  }
  std::uint64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (file.eof()) {
      break;
    }
    if (!take(std::string_view(line))) {
      return fail(Errc::invalid, path.string() + ":" + std::to_string(number) + ": '" +
                                     printable(line, 60) + "' is no line of such a log");
    }
  }
  return {};
}

Answer answer_of(const Answered& answered) {
  if (answered.code == 0) {
    return Answer::unanswered;
  }
  return answered.is_accepted() ? Answer::accepted : Answer::refused;
}

bool note(Answers& answers, const Answered& answered) {
  std::vector<Answer>& run = answers[answered.id.run];
  if (answered.id.number >= run.size() + kLargestGap) {
    return false;
  }
  if (answered.id.number >= run.size()) {
    run.resize(answered.id.number + 1, Answer::none);
  }
  Answer& noted = run[answered.id.number];
  // A promise stays one, whatever else was said.
  noted = noted == Answer::accepted ? noted : answer_of(answered);
  return true;
}

void name(std::vector<LoadId>& ids, LoadId id) {
  if (ids.size() < Findings::kMostNamed) {
    ids.push_back(id);
  }
}

void judge(Findings& findings, LoadId id, Answer answer, std::uint32_t seen) {
  if (seen > 0) {
    ++findings.arrived;
  }
  switch (answer) {
    case Answer::none:
      findings.unlogged_arrived += seen > 0 ? 1 : 0;
      break;
    case Answer::accepted:
      ++findings.accepted;
      if (seen == 0) {
        ++findings.lost;
        name(findings.lost_ids, id);
      }
      break;
    case Answer::refused:
      ++findings.refused;
      findings.refused_arrived += seen > 0 ? 1 : 0;
      break;
    case Answer::unanswered:
      ++findings.unanswered;
      findings.unanswered_arrived += seen > 0 ? 1 : 0;
      break;
  }
}

}  // namespace

Result<Findings> check_logs(const std::filesystem::path& answered,
                            const std::filesystem::path& arrived) {
  Answers answers;
  TRY_VOID(for_each_line(answered, [&](std::string_view line) {
    const auto parsed = parse_answered(line);
    return parsed && note(answers, *parsed);
  }));
  Findings findings;
  Counter counter;
  std::set<std::pair<std::uint32_t, std::uint64_t>> copied;
  TRY_VOID(for_each_line(arrived, [&](std::string_view line) {
    const auto parsed = parse_arrived(line);
    if (!parsed || !answers.contains(parsed->id.run)) {
      return parsed.has_value();
    }
    const auto before = counter.count(parsed->id);
    if (before.value_or(0) > 0) {
      ++findings.copies;
      copied.emplace(parsed->id.run, parsed->id.number);
    } else if (parsed->id.number >= answers[parsed->id.run].size()) {
      ++findings.arrived;
      ++findings.unlogged_arrived;
    }
    return before.has_value();
  }));
  for (const auto& [run, numbers] : answers) {
    for (std::uint64_t number = 0; number < numbers.size(); ++number) {
      const LoadId id{.run = run, .number = number};
      judge(findings, id, numbers[number], counter.seen(id));
    }
  }
  for (const auto& [run, number] : copied) {
    name(findings.copied_ids, {.run = run, .number = number});
  }
  return findings;
}

}  // namespace postrider::load
