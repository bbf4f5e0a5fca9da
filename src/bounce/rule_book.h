// The rules of one or more files, made ready: patterns compiled into one set, constraints that can
// be asked quickly. Doesn't change once it exists: const calls from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bounce/pattern_set.h"
#include "bounce/rule.h"

namespace postrider::bounce {

/// A refusal as rules see it.
struct Facts {
  int code = 0;  ///< 0: none
  std::string_view enhanced;
  std::string_view mx;  ///< lower case
  std::string_view provider;
  std::optional<Phase> phase;
  std::string_view normal;  ///< the text in normal form
};

class RuleBook {
 public:
  /// Earlier files win. Errc::invalid names the rule whose pattern is none.
  static Result<RuleBook> compile(std::vector<RuleFile> files);

  /// The first rule that matches; null: none.
  const Rule* find(const Facts& facts, PatternSet::Scratch& scratch) const;

  std::span<const Rule> rules() const { return rules_; }

 private:
  bool holds(const Rule& rule, const Facts& facts) const;
  bool is_of_provider(const Rule& rule, const Facts& facts) const;

  std::vector<Rule> rules_;
  std::vector<ProviderHosts> providers_;
  PatternSet patterns_;
  std::vector<std::uint32_t> rule_of_pattern_;  ///< ascending, as patterns are added
  std::vector<std::uint32_t> without_text_;     ///< rules without a pattern, ascending
};

/// True if `host` is `pattern` or lies below it; both in lower case.
bool is_host(std::string_view host, std::string_view pattern);

}  // namespace postrider::bounce
