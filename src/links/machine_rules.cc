#include "links/machine_rules.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

#include <toml++/toml.h>

#include "base/log.h"
#include "base/text.h"

namespace postrider::links {
namespace {

constexpr std::size_t kAgentBytes = 1000;  // what is looked at

std::optional<Machine> machine_named(std::string_view name) {
  for (const Machine machine : {Machine::proxy, Machine::prefetch, Machine::scanner}) {
    if (to_string(machine) == name) {
      return machine;
    }
  }
  return std::nullopt;
}

/// Reads the keys of one table, and refuses those that nobody asked for.
class Table {
 public:
  explicit Table(const toml::table& table) : table_(table) {}

  Result<std::string> text(std::string_view key) {
    known_.insert(key);
    const toml::node* node = table_.get(key);
    if (node != nullptr && !node->is_string()) {
      return fail(Errc::invalid, std::string(key) + " is a string");
    }
    return node == nullptr ? std::string() : node->as_string()->get();
  }

  Result<std::vector<std::string>> texts(std::string_view key) {
    known_.insert(key);
    std::vector<std::string> all;
    const toml::node* node = table_.get(key);
    if (node == nullptr) {
      return all;
    }
    if (!node->is_array()) {
      return fail(Errc::invalid, std::string(key) + " is a list of strings");
    }
    for (const toml::node& element : *node->as_array()) {
      if (!element.is_string()) {
        return fail(Errc::invalid, std::string(key) + " is a list of strings");
      }
      all.push_back(element.as_string()->get());
    }
    return all;
  }

  Result<bool> flag(std::string_view key) {
    known_.insert(key);
    const toml::node* node = table_.get(key);
    if (node != nullptr && !node->is_boolean()) {
      return fail(Errc::invalid, std::string(key) + " is true or false");
    }
    return node != nullptr && node->as_boolean()->get();
  }

  Result<std::uint32_t> number(std::string_view key, std::uint32_t min, std::uint32_t max) {
    known_.insert(key);
    const auto value = table_[key].value_exact<std::int64_t>();
    if (!value || *value < min || *value > max) {
      return fail(Errc::invalid, std::string(key) + " is a whole number from " +
                                     std::to_string(min) + " to " + std::to_string(max));
    }
    return static_cast<std::uint32_t>(*value);
  }

  Result<Duration> duration(std::string_view key) {
    TRY(const std::string written, text(key));
    TRY(const Duration value, parse_duration(written), std::string(key));
    return value;
  }

  Result<> nothing_else() const {
    for (const auto& [key, value] : table_) {
      if (!known_.contains(key.str())) {
        return fail(Errc::invalid, "there is no key '" + std::string(key.str()) + "'");
      }
    }
    return {};
  }

 private:
  const toml::table& table_;
  std::set<std::string_view> known_;
};

std::vector<std::string> all_lower(std::vector<std::string> texts) {
  for (std::string& text : texts) {
    text = lower(text);
  }
  return texts;
}

Result<Timing> read_timing(const toml::table* written) {
  constexpr std::uint32_t kPercent = 100;
  if (written == nullptr) {
    return fail(Errc::invalid, "[timing] is missing");
  }
  Table table(*written);
  Timing timing;
  TRY(timing.after_delivery, table.duration("after_delivery"));
  TRY(timing.after_delivery_confidence, table.number("after_delivery_confidence", 1, kPercent));
  TRY(timing.burst_links, table.number("burst_links", 2, 1000));
  TRY(timing.burst_within, table.duration("burst_within"));
  TRY(timing.burst_confidence, table.number("burst_confidence", 1, kPercent));
  TRY(timing.settled_after, table.duration("settled_after"));
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
    Table table(written);
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
    TRY(rule.no_language, table.flag("no_language"));
    TRY(const std::string source, table.text("source"));
    TRY_VOID(table.nothing_else());
    if (source.empty()) {
      return fail(Errc::invalid, "it has no source");
    }
    const bool asks = !rule.agent.empty() || !rule.agent_is.empty() || !rule.purpose.empty() ||
                      !rule.method.empty() || !rule.accept_is.empty() || !rule.accept_lacks.empty();
    if (!asks) {
      return fail(Errc::invalid, "it has no condition");
    }
    return rule;
  }

 private:
  static Result<> read_of(Table& table, MachineRules::Rule& rule) {
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

Result<MachineRules> MachineRules::parse(std::string_view toml, const std::string& name) {
  toml::table whole;
  try {
    whole = toml::parse(toml, name);
  } catch (const toml::parse_error& error) {
    return fail(Errc::invalid, name + ":" + std::to_string(error.source().begin.line) + ": " +
                                   std::string(error.description()));
  }
  MachineRules rules;
  if (whole["version"].value_exact<std::int64_t>() != 1) {
    return fail(Errc::invalid, name + ": version is missing or is not 1");
  }
  TRY(rules.timing_, read_timing(whole["timing"].as_table()), name);
  if (const toml::array* list = whole["rule"].as_array()) {
    for (const toml::node& element : *list) {
      if (!element.is_table()) {
        return fail(Errc::invalid, name + ": write a [[rule]] for each rule");
      }
      TRY(Rule rule, RuleReader::read(*element.as_table()),
          name + ":" + std::to_string(element.source().begin.line));
      rules.rules_.push_back(std::move(rule));
    }
  }
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
         (!no_language || asked.language.empty());
}

Verdict MachineRules::judge(const Asked& asked) const {
  const std::string agent = lower(asked.agent.substr(0, kAgentBytes));
  const auto found =
      std::ranges::find_if(rules_, [&](const Rule& rule) { return rule.fits(asked, agent); });
  return found == rules_.end() ? Verdict() : found->verdict;
}

}  // namespace postrider::links
