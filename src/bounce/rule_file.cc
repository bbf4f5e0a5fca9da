#include "bounce/rule_file.h"

#include <algorithm>
#include <array>
#include <set>

#include <toml++/toml.h>

#include "base/text.h"

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

/// Reads the keys of one table, one call each, and refuses those that nobody asked for.
class TableReader {
 public:
  explicit TableReader(const toml::table& table) : table_(table) {}

  Result<> text(std::string_view key, std::string& into) {
    const toml::node* node = take(key);
    if (node == nullptr) {
      return {};
    }
    const auto* value = node->as_string();
    if (value == nullptr || value->get().empty()) {
      return fail(Errc::invalid, std::string(key) + " is a string that says something");
    }
    into = value->get();
    return {};
  }

  /// A string, or a list of them.
  Result<> texts(std::string_view key, std::vector<std::string>& into) {
    const toml::node* node = take(key);
    if (node == nullptr) {
      return {};
    }
    const std::string wanted = std::string(key) + " is a string or a list of strings";
    if (const auto* one = node->as_string()) {
      into.push_back(one->get());
    } else if (const auto* list = node->as_array(); list != nullptr && !list->empty()) {
      for (const toml::node& element : *list) {
        if (!element.is_string()) {
          return fail(Errc::invalid, wanted);
        }
        into.push_back(element.as_string()->get());
      }
    } else {
      return fail(Errc::invalid, wanted);
    }
    return {};
  }

  const toml::node* take(std::string_view key) {
    known_.insert(key);
    return table_.get(key);
  }

  /// A word out of a fixed set.
  template <class T>
  Result<> word(std::string_view key, std::optional<T> (*parse)(std::string_view),
                std::optional<T>& into) {
    std::string name;
    TRY_VOID(text(key, name));
    if (!name.empty()) {
      into = parse(name);
      if (!into) {
        return fail(Errc::invalid, "there is no " + std::string(key) + " '" + name + "'");
      }
    }
    return {};
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

Result<> read_codes(TableReader& reader, std::vector<CodeRange>& into) {
  const toml::node* node = reader.take("code");
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

Result<> read_enhanced(TableReader& reader, std::vector<std::string>& into) {
  TRY_VOID(reader.texts("enhanced", into));
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

Result<> read_phases(TableReader& reader, Rule& rule) {
  std::vector<std::string> names;
  TRY_VOID(reader.texts("phase", names));
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
  TableReader reader(*node.as_table());
  TRY_VOID(reader.text("text", sample.text));
  TRY_VOID(reader.text("enhanced", sample.enhanced));
  TRY_VOID(reader.text("mx", sample.mx));
  TRY_VOID(reader.text("provider", sample.provider));
  TRY_VOID(reader.text("phase", sample.phase));
  if (const toml::node* code = reader.take("code")) {
    sample.code = static_cast<int>(code->value<std::int64_t>().value_or(0));
  }
  TRY_VOID(reader.nothing_else());
  return sample;
}

Result<> read_samples(TableReader& reader, std::vector<Sample>& into) {
  const toml::node* node = reader.take("sample");
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

Result<> read_judgement(TableReader& reader, Rule& rule) {
  std::optional<Category> category;
  std::optional<Kind> kind;
  TRY_VOID(reader.word("category", &parse_category, category));
  TRY_VOID(reader.word("kind", &parse_kind, kind));
  TRY_VOID(reader.word("retry", &parse_retry, rule.retry));
  if (!category) {
    return fail(Errc::invalid, "it has no category");
  }
  rule.category = *category;
  rule.kind = kind.value_or(usual_kind(*category));
  const bool may_suppress = rule.kind == Kind::hard || rule.kind == Kind::complaint;
  rule.suppress = may_suppress;
  if (const toml::node* suppress = reader.take("suppress")) {
    const auto value = suppress->value_exact<bool>();
    if (!value) {
      return fail(Errc::invalid, "suppress is true or false");
    }
    rule.suppress = *value;
  }
  rule.confidence = usual_confidence(rule);
  if (const toml::node* confidence = reader.take("confidence")) {
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

Result<> read_rule(const toml::table& table, Rule& rule) {
  TableReader reader(table);
  TRY_VOID(reader.text("id", rule.id));
  TRY_VOID(reader.texts("match", rule.patterns));
  TRY_VOID(reader.texts("provider", rule.providers));
  TRY_VOID(reader.texts("mx", rule.hosts));
  TRY_VOID(read_codes(reader, rule.codes));
  TRY_VOID(read_enhanced(reader, rule.enhanced));
  TRY_VOID(read_phases(reader, rule));
  TRY_VOID(read_judgement(reader, rule));
  TRY_VOID(read_samples(reader, rule.samples));
  TRY_VOID(reader.text("source", rule.source));
  TRY_VOID(reader.nothing_else());
  if (rule.source.empty()) {
    return fail(Errc::invalid, "it has no source: who words it so?");
  }
  if (rule.patterns.empty() && !rule.has_constraint()) {
    return fail(Errc::invalid, "it would match everything; give it a match or a code");
  }
  return {};
}

std::string place(const std::string& name, const toml::node& node) {
  return name + ":" + std::to_string(node.source().begin.line);
}

/// The tables of the list `key`.
Result<std::vector<const toml::table*>> tables(const toml::table& root, std::string_view key,
                                               const std::string& name) {
  std::vector<const toml::table*> found;
  const toml::node* node = root.get(key);
  if (node == nullptr) {
    return found;
  }
  const std::string wanted = "write [[" + std::string(key) + "]]";
  if (!node->is_array()) {
    return fail(Errc::invalid, place(name, *node) + ": " + wanted);
  }
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_table()) {
      return fail(Errc::invalid, place(name, element) + ": " + wanted);
    }
    found.push_back(element.as_table());
  }
  return found;
}

Result<std::vector<Rule>> read_rules(const toml::table& root, const std::string& name) {
  TRY(const auto written, tables(root, "rule", name));
  std::vector<Rule> rules;
  std::set<std::string> ids;
  for (const toml::table* table : written) {
    Rule rule;
    rule.line = table->source().begin.line;
    const Result<> read = read_rule(*table, rule);
    if (rule.id.empty()) {
      return fail(Errc::invalid, place(name, *table) + ": a rule has no id");
    }
    if (!read) {
      return fail(Error(read.error()).within(place(name, *table) + ": rule '" + rule.id + "'"));
    }
    if (!ids.insert(rule.id).second) {
      return fail(Errc::invalid, place(name, *table) + ": a second rule '" + rule.id + "'");
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

Result<std::vector<ProviderHosts>> read_providers(const toml::table& root,
                                                  const std::string& name) {
  TRY(const auto written, tables(root, "provider", name));
  std::vector<ProviderHosts> providers;
  for (const toml::table* table : written) {
    ProviderHosts provider;
    TableReader reader(*table);
    const std::string context = place(name, *table) + ": provider";
    TRY_VOID(reader.text("name", provider.name), context);
    TRY_VOID(reader.texts("mx", provider.hosts), context);
    TRY_VOID(reader.nothing_else(), context);
    if (provider.name.empty() || provider.hosts.empty()) {
      return fail(Errc::invalid, context + ": it needs a name and its mx");
    }
    providers.push_back(std::move(provider));
  }
  return providers;
}

Result<toml::table> parse(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(Errc::invalid, name + ":" + std::to_string(error.source().begin.line) + ": " +
                                   std::string(error.description()));
  }
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
  TRY(const toml::table root, parse(toml, name));
  for (const auto& [key, value] : root) {
    if (key != "rule" && key != "provider") {
      return fail(Errc::invalid, place(name, value) + ": there is no key '" +
                                     std::string(key.str()) + "'; write [[rule]] or [[provider]]");
    }
  }
  RuleFile file;
  TRY(file.providers, read_providers(root, name));
  TRY(file.rules, read_rules(root, name));
  return file;
}

}  // namespace postrider::bounce
