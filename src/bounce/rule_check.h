// Whether rules judge the samples that they carry. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bounce/classifier.h"
#include "bounce/rule.h"

namespace postrider::bounce {

struct MissedSample {
  const Rule* rule = nullptr;  ///< whose sample it is; lives as long as the Classifier
  const Sample* sample = nullptr;
  std::string judge;  ///< id of the rule that judged it instead; kNoRule
};

/// The samples of the first `count` rules of `classifier` that another rule judges, or none.
std::vector<MissedSample> missed_samples(const Classifier& classifier, std::size_t count);

/// "rule 'mine' (line 12): its sample \"550 go away\" is judged by rule 'policy'".
std::string to_string(const MissedSample& missed);

/// Reads the operator's rules and checks them with their samples. Errc::invalid says which mistake
/// of which rule is the first; of samples, all. Blocks for reading the file.
Result<Classifier> load_checked(const std::filesystem::path& own);

}  // namespace postrider::bounce
