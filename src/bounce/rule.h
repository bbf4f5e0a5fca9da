// A rule: which refusals it knows, and what they mean. Values; pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bounce/classifier.h"
#include "bounce/taxonomy.h"

namespace postrider::bounce {

enum class Phase : std::uint8_t { connect, ehlo, starttls, mail, rcpt, data };
/// "helo" is ehlo, "bdat" and "dot" are data. Nothing if it is no phase.
std::optional<Phase> parse_phase(std::string_view name);
std::string_view to_string(Phase phase);

struct CodeRange {
  int first = 0;
  int last = 0;
};

/// A refusal with its strings. The rule that carries one must be the one to judge it.
struct Sample {
  int code = 0;
  std::string enhanced;
  std::string text;
  std::string mx;
  std::string provider;
  std::string phase;

  Diagnostic diagnostic() const {
    return {.code = code,
            .enhanced = enhanced,
            .text = text,
            .mx = mx,
            .provider = provider,
            .phase = phase};
  }
};

/// Of each constraint, any one value is enough; an empty one holds always.
struct Rule {
  std::string id;
  std::vector<std::string> patterns;   ///< of the text (pattern_set.h)
  std::vector<std::string> providers;  ///< by name, or by the host of one that the file lists
  std::vector<std::string> hosts;      ///< "example.com": the MX itself or what lies below it
  std::vector<CodeRange> codes;
  std::vector<std::string> enhanced;  ///< "5.7.1"; a prefix where it ends in a dot: "5.7."
  std::vector<Phase> phases;
  bool is_for_any_phase = false;  ///< may be hard although nobody has named a recipient yet

  Kind kind = Kind::unknown;
  Category category = Category::unclassified;
  std::optional<Retry> retry;  ///< else from kind, category and class of the code
  bool suppress = false;
  double confidence = 0;

  std::vector<Sample> samples;  ///< at least one
  std::string source;           ///< who words it so; never empty
  std::uint32_t line = 0;       ///< of the file

  bool has_constraint() const {
    return !providers.empty() || !hosts.empty() || !codes.empty() || !enhanced.empty() ||
           !phases.empty();
  }
};

/// A provider by the names of its hosts, for rules of one provider where nobody says which it is.
struct ProviderHosts {
  std::string name;
  std::vector<std::string> hosts;  ///< as in Rule
};

struct RuleFile {
  std::vector<ProviderHosts> providers;
  std::vector<Rule> rules;  ///< the first that matches counts
};

}  // namespace postrider::bounce
