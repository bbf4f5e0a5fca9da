#include "links/machine_rules.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <utility>

#include <toml++/toml.h>

#include "base/log.h"
#include "base/read_file.h"
#include "base/text.h"
#include "rules/rule_table.h"

namespace postrider::links {
namespace {

using rules::place_of;
using rules::RuleTable;
using rules::tables_of;

constexpr std::size_t kAgentBytes = 1000;  // what is looked at

std::optional<Machine> machine_named(std::string_view name) {
  for (const Machine machine : {Machine::proxy, Machine::prefetch, Machine::scanner}) {
    if (to_string(machine) == name) {
      return machine;
    }
  }
  return std::nullopt;
}

std::vector<std::string> all_lower(std::vector<std::string> texts) {
  for (std::string& text : texts) {
    text = lower(text);
  }
  return texts;
}

/// Of the rules that are shipped (no `usual`) all keys must be there.
Result<Timing> read_timing(const toml::table* written, const Timing* usual) {
  constexpr std::uint32_t kPercent = 100;
  if (written == nullptr && usual == nullptr) {
    return fail(Errc::invalid, "[timing] is missing");
  }
  Timing timing = usual != nullptr ? *usual : Timing();
  if (written == nullptr) {
    return timing;
  }
  RuleTable table(*written);
  const auto is_to_be_read = [&](std::string_view key) {
    return usual == nullptr || written->contains(key);
  };
  const auto duration = [&](std::string_view key, Duration& into) -> Result<> {
    if (is_to_be_read(key)) {
      TRY(into, table.duration(key));
    }
    return {};
  };
  const auto number = [&](std::string_view key, std::uint32_t min, std::uint32_t max,
                          std::uint32_t& into) -> Result<> {
    if (is_to_be_read(key)) {
      TRY(into, table.number(key, min, max));
    }
    return {};
  };
  TRY_VOID(duration("after_delivery", timing.after_delivery));
  TRY_VOID(number("after_delivery_confidence", 1, kPercent, timing.after_delivery_confidence));
  TRY_VOID(number("burst_links", 2, 1000, timing.burst_links));
  TRY_VOID(duration("burst_within", timing.burst_within));
  TRY_VOID(number("burst_confidence", 1, kPercent, timing.burst_confidence));
  TRY_VOID(duration("twin_within", timing.twin_within));
  TRY_VOID(number("twin_confidence", 1, kPercent, timing.twin_confidence));
  if (is_to_be_read("twin_asn")) {
    TRY(timing.twin_asn, table.numbers("twin_asn"));
  }
  TRY_VOID(duration("settled_after", timing.settled_after));
  TRY_VOID(table.nothing_else());
  return timing;
}

bool is_part_of(const std::string& word, std::string_view text) {
  return text.find(word) != std::string_view::npos;
}

}  // namespace

class RuleReader {
 public:
  static Result<MachineRules::Rule> read(const toml::table& written) {
    RuleTable table(written);
    MachineRules::Rule rule;
    TRY(rule.verdict.reason, table.text("name"));
    TRY(const std::string verdict, table.text("verdict"));
    const std::optional<Machine> machine = machine_named(verdict);
    if (rule.verdict.reason.empty() || !machine) {
      return fail(Errc::invalid, "a name, and a verdict of proxy, prefetch or scanner are needed");
    }
    rule.verdict.machine = *machine;
    TRY(rule.verdict.confidence, table.number("confidence", 1, 100));
    TRY_VOID(read_of(table, rule));
    TRY(rule.agent, table.texts("agent"));
    rule.agent = all_lower(std::move(rule.agent));
    TRY(rule.agent_is, table.texts("agent_is"));
    TRY(rule.purpose, table.texts("purpose"));
    rule.purpose = all_lower(std::move(rule.purpose));
    TRY(rule.method, table.text("method"));
    TRY(rule.accept_is, table.text("accept_is"));
    TRY(rule.accept_lacks, table.text("accept_lacks"));
    TRY(const std::optional<bool> no_language, table.flag("no_language"));
    rule.no_language = no_language.value_or(false);
    TRY_VOID(read_origin(table, rule));
    TRY(const std::string source, table.text("source"));
    TRY_VOID(table.nothing_else());
    if (source.empty()) {
      return fail(Errc::invalid, "it has no source");
    }
    const bool asks = !rule.agent.empty() || !rule.agent_is.empty() || !rule.purpose.empty() ||
                      !rule.method.empty() || !rule.accept_is.empty() ||
                      !rule.accept_lacks.empty() || rule.is_about_origin();
    if (!asks) {
      return fail(Errc::invalid, "it has no condition");
    }
    return rule;
  }

 private:
  static Result<> read_origin(RuleTable& table, MachineRules::Rule& rule) {
    TRY(rule.network, table.texts("network"));
    for (const std::string& label : rule.network) {
      if (!readers::is_network_label(label)) {
        return fail(Errc::invalid, "network: '" + printable(label, 80) + "' can be no label");
      }
    }
    TRY(rule.asn, table.numbers("asn"));
    return {};
  }

  static Result<> read_of(RuleTable& table, MachineRules::Rule& rule) {
    TRY(const std::vector<std::string> of, table.texts("of"));
    if (of.empty()) {
      return {};
    }
    rule.of_opens = std::ranges::count(of, "opens") != 0;
    rule.of_clicks = std::ranges::count(of, "clicks") != 0;
    if (of.size() != static_cast<std::size_t>(rule.of_opens) + (rule.of_clicks ? 1 : 0)) {
      return fail(Errc::invalid, "of is opens, clicks or both");
    }
    return {};
  }
};

/// Behind the rules that there are.
Result<> MachineRules::read(std::string_view toml, const std::string& name, const Timing* usual) {
  TRY(const toml::table whole, rules::parse(toml, name));
  if (whole["version"].value_exact<std::int64_t>() != 1) {
    return fail(Errc::invalid, name + ": version is missing or is not 1");
  }
  for (const auto& [key, value] : whole) {
    if (key != "version" && key != "timing" && key != "rule") {
      return fail(Errc::invalid, place_of(value, name) + ": there is no key '" +
                                     std::string(key.str()) + "'; write [[rule]] or [timing]");
    }
  }
  TRY(timing_, read_timing(whole["timing"].as_table(), usual), name);
  TRY(const auto written, tables_of(whole, "rule", name));
  for (const toml::table* table : written) {
    TRY(Rule rule, RuleReader::read(*table), place_of(*table, name));
    rules_.push_back(std::move(rule));
  }
  return {};
}

Result<MachineRules> MachineRules::parse(std::string_view toml, const std::string& name) {
  MachineRules rules;
  TRY_VOID(rules.read(toml, name, nullptr));
  return rules;
}

const MachineRules& MachineRules::shipped() {
  static const MachineRules rules = [] {
    Result<MachineRules> parsed = parse(shipped_machines(), "machines.toml");
    if (!parsed) {
      log::error("the shipped rules for machines are wrong", {{"why", parsed.error().text()}});
      std::abort();
    }
    return *std::move(parsed);
  }();
  return rules;
}

Result<MachineRules> MachineRules::load(const std::filesystem::path& own) {
  if (own.empty()) {
    return shipped();
  }
  TRY(const std::string text, read_file(own));
  MachineRules rules;
  TRY_VOID(rules.read(text, own.string(), &shipped().timing_));
  std::ranges::copy(shipped().rules_, std::back_inserter(rules.rules_));
  return rules;
}

bool MachineRules::ask_for_origin() const {
  return std::ranges::any_of(rules_, &Rule::is_about_origin);
}

bool MachineRules::Rule::fits(const Asked& asked, std::string_view lower_agent) const {
  const auto any = [](const std::vector<std::string>& words, std::string_view text) {
    return words.empty() ||
           std::ranges::any_of(words, [&](const auto& word) { return is_part_of(word, text); });
  };
  return (asked.is_click ? of_clicks : of_opens) && (method.empty() || method == asked.method) &&
         any(agent, lower_agent) &&
         (agent_is.empty() || std::ranges::find(agent_is, asked.agent) != agent_is.end()) &&
         (purpose.empty() || (!asked.purpose.empty() && any(purpose, lower(asked.purpose)))) &&
         (accept_is.empty() || asked.accept == accept_is) &&
         (accept_lacks.empty() || !is_part_of(accept_lacks, asked.accept)) &&
         (!no_language || asked.language.empty()) &&
         (network.empty() || std::ranges::count(network, asked.origin.network) != 0) &&
         (asn.empty() || std::ranges::count(asn, asked.origin.autonomous_system) != 0);
}

Verdict MachineRules::judge(const Asked& asked) const {
  const std::string agent = lower(asked.agent.substr(0, kAgentBytes));
  const auto found =
      std::ranges::find_if(rules_, [&](const Rule& rule) { return rule.fits(asked, agent); });
  return found == rules_.end() ? Verdict() : found->verdict;
}

}  // namespace postrider::links
