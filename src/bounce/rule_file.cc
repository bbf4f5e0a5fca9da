#include "bounce/rule_file.h"

#include <algorithm>
#include <array>
#include <set>

#include <toml++/toml.h>

#include "base/text.h"
#include "rules/rule_table.h"

namespace postrider::bounce {
namespace {

constexpr double kUsualConfidence = 0.9;
constexpr double kProviderConfidence = 0.95;
constexpr double kEnhancedConfidence = 0.6;
constexpr double kCodeConfidence = 0.3;

struct PhaseName {
  std::string_view name;
  Phase phase;
};
/// Of several names of a phase the first is ours.
constexpr auto kPhases = std::to_array<PhaseName>({{"connect", Phase::connect},
                                                   {"ehlo", Phase::ehlo},
                                                   {"helo", Phase::ehlo},
                                                   {"starttls", Phase::starttls},
                                                   {"mail", Phase::mail},
                                                   {"rcpt", Phase::rcpt},
                                                   {"data", Phase::data},
                                                   {"bdat", Phase::data},
                                                   {"dot", Phase::data}});

using rules::place_of;
using rules::RuleTable;
using rules::tables_of;

/// A word out of a fixed set; nothing where the key is not there.
template <class T>
Result<std::optional<T>> read_word(RuleTable& table, std::string_view key,
                                   std::optional<T> (*parse)(std::string_view)) {
  TRY(const std::string name, table.text(key));
  const std::optional<T> word = name.empty() ? std::nullopt : parse(name);
  if (!word && !name.empty()) {
    return fail(Errc::invalid, "there is no " + std::string(key) + " '" + name + "'");
  }
  return word;
}

/// "550", "4xx", "55x".
Result<CodeRange> parse_code(std::string_view text) {
  const auto wrong =
      fail(Errc::invalid,
           "code '" + std::string(text) + "' is neither like \"550\" nor like \"4xx\" or \"55x\"");
  if (text.size() != 3 || (text[0] != '4' && text[0] != '5')) {
    return wrong;
  }
  CodeRange range;
  bool open = false;
  for (const char c : text) {
    const bool any = c == 'x' || c == 'X';
    if ((!any && !is_digit(c)) || (open && !any)) {
      return wrong;
    }
    open = any;
    range.first = range.first * 10 + (any ? 0 : c - '0');
    range.last = range.last * 10 + (any ? 9 : c - '0');
  }
  return range;
}

Result<> read_codes(RuleTable& table, std::vector<CodeRange>& into) {
  const toml::node* node = table.node("code");
  if (node == nullptr) {
    return {};
  }
  const toml::array single(*node);
  const toml::array& list = node->is_array() ? *node->as_array() : single;
  for (const toml::node& element : list) {
    const auto number = element.value_exact<std::int64_t>();
    const auto text = element.value_exact<std::string>();
    TRY(const CodeRange range, parse_code(number ? std::to_string(*number) : text.value_or("")));
    into.push_back(range);
  }
  return {};
}

Result<> read_enhanced(RuleTable& table, std::vector<std::string>& into) {
  TRY(into, table.texts("enhanced"));
  for (const std::string& prefix : into) {
    const bool good = prefix.size() >= 2 && (prefix[0] == '4' || prefix[0] == '5') &&
                      prefix[1] == '.' &&
                      std::ranges::all_of(prefix, [](char c) { return is_digit(c) || c == '.'; });
    if (!good) {
      return fail(Errc::invalid,
                  "enhanced '" + prefix + "' is neither like \"5.1.1\" nor like \"5.7.\"");
    }
  }
  return {};
}

Result<> read_phases(RuleTable& table, Rule& rule) {
  TRY(const std::vector<std::string> names, table.texts("phase"));
  rule.is_for_any_phase = names == std::vector<std::string>{"any"};
  if (rule.is_for_any_phase) {
    return {};
  }
  for (const std::string& name : names) {
    const auto phase = parse_phase(name);
    if (!phase) {
      return fail(Errc::invalid, "there is no phase '" + name +
                                     "'; write connect, ehlo, starttls, mail, rcpt, data or any");
    }
    rule.phases.push_back(*phase);
  }
  return {};
}

Result<Sample> read_sample(const toml::node& node) {
  Sample sample;
  if (const auto* text = node.as_string()) {
    sample.text = text->get();
    return sample;
  }
  if (!node.is_table()) {
    return fail(Errc::invalid,
                "a sample is a reply, or a table with text, code, enhanced, mx, "
                "provider, phase");
  }
  RuleTable table(*node.as_table());
  TRY(sample.text, table.text("text"));
  TRY(sample.enhanced, table.text("enhanced"));
  TRY(sample.mx, table.text("mx"));
  TRY(sample.provider, table.text("provider"));
  TRY(sample.phase, table.text("phase"));
  if (const toml::node* code = table.node("code")) {
    sample.code = static_cast<int>(code->value<std::int64_t>().value_or(0));
  }
  TRY_VOID(table.nothing_else());
  return sample;
}

Result<> read_samples(RuleTable& table, std::vector<Sample>& into) {
  const toml::node* node = table.node("sample");
  if (node == nullptr) {
    return fail(Errc::invalid, "it has no sample");
  }
  const toml::array single(*node);
  const toml::array& list = node->is_array() ? *node->as_array() : single;
  for (const toml::node& element : list) {
    TRY(Sample sample, read_sample(element));
    into.push_back(std::move(sample));
  }
  return into.empty() ? Result<>(fail(Errc::invalid, "it has no sample")) : Result<>();
}

double usual_confidence(const Rule& rule) {
  if (!rule.patterns.empty()) {
    return rule.providers.empty() && rule.hosts.empty() ? kUsualConfidence : kProviderConfidence;
  }
  return rule.enhanced.empty() ? kCodeConfidence : kEnhancedConfidence;
}

Result<> read_judgement(RuleTable& table, Rule& rule) {
  TRY(const auto category, read_word(table, "category", &parse_category));
  TRY(const auto kind, read_word(table, "kind", &parse_kind));
  TRY(rule.retry, read_word(table, "retry", &parse_retry));
  if (!category) {
    return fail(Errc::invalid, "it has no category");
  }
  rule.category = *category;
  rule.kind = kind.value_or(usual_kind(*category));
  const bool may_suppress = rule.kind == Kind::hard || rule.kind == Kind::complaint;
  TRY(const std::optional<bool> suppress, table.flag("suppress"));
  rule.suppress = suppress.value_or(may_suppress);
  rule.confidence = usual_confidence(rule);
  if (const toml::node* confidence = table.node("confidence")) {
    rule.confidence = confidence->value<double>().value_or(-1);
    if (!(rule.confidence >= 0 && rule.confidence <= 1)) {
      return fail(Errc::invalid, "confidence is a number from 0 to 1");
    }
  }
  if (rule.kind == Kind::hard && is_about_sender(rule.category)) {
    return fail(Errc::invalid, "'" + std::string(to_string(rule.category)) +
                                   "' is about the sender and never a hard bounce");
  }
  if (rule.suppress && !may_suppress) {
    return fail(Errc::invalid, "only hard bounces and complaints suppress");
  }
  return {};
}

Result<> read_rule(const toml::table& written, Rule& rule) {
  RuleTable table(written);
  TRY(rule.id, table.text("id"));
  TRY(rule.patterns, table.texts("match"));
  TRY(rule.providers, table.texts("provider"));
  TRY(rule.hosts, table.texts("mx"));
  TRY_VOID(read_codes(table, rule.codes));
  TRY_VOID(read_enhanced(table, rule.enhanced));
  TRY_VOID(read_phases(table, rule));
  TRY_VOID(read_judgement(table, rule));
  TRY_VOID(read_samples(table, rule.samples));
  TRY(rule.source, table.text("source"));
  TRY_VOID(table.nothing_else());
  if (rule.source.empty()) {
    return fail(Errc::invalid, "it has no source: who words it so?");
  }
  if (rule.patterns.empty() && !rule.has_constraint()) {
    return fail(Errc::invalid, "it would match everything; give it a match or a code");
  }
  return {};
}

Result<std::vector<Rule>> read_rules(const toml::table& root, const std::string& name) {
  TRY(const auto written, tables_of(root, "rule", name));
  std::vector<Rule> rules;
  std::set<std::string> ids;
  for (const toml::table* table : written) {
    Rule rule;
    rule.line = table->source().begin.line;
    const Result<> read = read_rule(*table, rule);
    if (rule.id.empty()) {
      return fail(Errc::invalid, place_of(*table, name) + ": a rule has no id");
    }
    if (!read) {
      return fail(Error(read.error()).within(place_of(*table, name) + ": rule '" + rule.id + "'"));
    }
    if (!ids.insert(rule.id).second) {
      return fail(Errc::invalid, place_of(*table, name) + ": a second rule '" + rule.id + "'");
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

Result<std::vector<ProviderHosts>> read_providers(const toml::table& root,
                                                  const std::string& name) {
  TRY(const auto written, tables_of(root, "provider", name));
  std::vector<ProviderHosts> providers;
  for (const toml::table* table : written) {
    ProviderHosts provider;
    RuleTable reader(*table);
    const std::string context = place_of(*table, name) + ": provider";
    TRY(provider.name, reader.text("name"), context);
    TRY(provider.hosts, reader.texts("mx"), context);
    TRY_VOID(reader.nothing_else(), context);
    if (provider.name.empty() || provider.hosts.empty()) {
      return fail(Errc::invalid, context + ": it needs a name and its mx");
    }
    providers.push_back(std::move(provider));
  }
  return providers;
}

}  // namespace

std::optional<Phase> parse_phase(std::string_view name) {
  const auto found = std::ranges::find_if(
      kPhases, [&](const PhaseName& row) { return equal_ignoring_case(row.name, name); });
  return found == kPhases.end() ? std::nullopt : std::optional(found->phase);
}

std::string_view to_string(Phase phase) {
  return std::ranges::find(kPhases, phase, &PhaseName::phase)->name;
}

Result<RuleFile> parse_rules(std::string_view toml, const std::string& name) {
  TRY(const toml::table root, rules::parse(toml, name));
  for (const auto& [key, value] : root) {
    if (key != "rule" && key != "provider") {
      return fail(Errc::invalid, place_of(value, name) + ": there is no key '" +
                                     std::string(key.str()) + "'; write [[rule]] or [[provider]]");
    }
  }
  RuleFile file;
  TRY(file.providers, read_providers(root, name));
  TRY(file.rules, read_rules(root, name));
  return file;
}

}  // namespace postrider::bounce
