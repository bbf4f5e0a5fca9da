#include "bounce/rule_check.h"

#include <algorithm>

namespace postrider::bounce {

std::vector<MissedSample> missed_samples(const Classifier& classifier, std::size_t count) {
  std::vector<MissedSample> missed;
  for (const Rule& rule : classifier.rules().first(std::min(count, classifier.rules().size()))) {
    for (const Sample& sample : rule.samples) {
      const Verdict verdict = classifier.classify(sample.diagnostic());
      if (verdict.rule != rule.id) {
        missed.push_back({.rule = &rule, .sample = &sample, .judge = std::string(verdict.rule)});
      }
    }
  }
  return missed;
}

std::string to_string(const MissedSample& missed) {
  return "rule '" + missed.rule->id + "' (line " + std::to_string(missed.rule->line) +
         "): its sample \"" + missed.sample->text + "\" is judged by " +
         (missed.judge == kNoRule ? "no rule" : "rule '" + missed.judge + "'");
}

Result<Classifier> load_checked(const std::filesystem::path& own) {
  TRY(Classifier classifier, Classifier::load(own));
  std::string mistakes;
  for (const MissedSample& missed : missed_samples(classifier, classifier.own_rules())) {
    mistakes += (mistakes.empty() ? "" : "; ") + to_string(missed);
  }
  if (!mistakes.empty()) {
    return fail(Errc::invalid, own.string() + ": " + mistakes);
  }
  return classifier;
}

}  // namespace postrider::bounce
