// Rules as they are written: TOML, a [[rule]] each, in the order in which they are asked, and
// [[provider]]s with their hosts. docs/bounces.md explains the keys.
//
// Refused, besides what isn't understood: a rule without a sample or a source; a rule that calls
// reputation, authentication, content, policy or pace a hard bounce, or suppresses for them.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bounce/rule.h"

namespace postrider::bounce {

/// `name`: the file, for errors. Errc::invalid: "rules.toml:12: rule 'mine': ...", of the first
/// mistake.
Result<RuleFile> parse_rules(std::string_view toml, const std::string& name);

/// The rules that are part of the binary: config/bounce-rules.toml.
std::string_view shipped_rules();

}  // namespace postrider::bounce
