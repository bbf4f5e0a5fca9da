#include "bounce/classifier.h"

#include <algorithm>

#include "base/read_file.h"
#include "base/text.h"
#include "bounce/normal_form.h"
#include "bounce/plain_words.h"
#include "bounce/rule_book.h"
#include "bounce/rule_file.h"
#include "bounce/witness.h"

namespace postrider::bounce {
namespace {

/// What a judgement needs, kept from one to the next: nothing is allocated for most of them.
struct Scratch {
  std::string normal;
  std::string plain;
  std::string mx;
  PatternSet::Scratch patterns;
};

// A rule that is no surer than this knows a code or a topic: plainer words may tell more.
constexpr double kUnsure = 0.6;

// Where code and text disagree, the text is believed, but less.
constexpr double kDisagreement = 0.8;

Result<RuleFile> read_rules(const std::filesystem::path& path) {
  TRY(const std::string text, read_file(path));
  return parse_rules(text, path.string());
}

int class_of(const Facts& facts) {
  if (facts.code != 0) {
    return facts.code / 100;
  }
  return facts.enhanced.empty() ? 0 : facts.enhanced.front() - '0';
}

/// What passes by itself, and is worth another try although the code says that it is final.
bool passes(Category category) {
  using enum Category;
  switch (category) {
    case mailbox_full:
    case greylisted:
    case connection_failed:
    case timed_out:
    case tls_failed:
    case server_error:
    case too_many_connections:
    case rate_limited:
      return true;
    default:
      return false;
  }
}

Retry retry_of(const Rule& rule, int code_class) {
  const bool is_settled =
      rule.kind == Kind::hard || rule.kind == Kind::complaint || rule.kind == Kind::autoreply;
  const Retry wanted =
      rule.retry.value_or(is_settled                                    ? Retry::no
                          : code_class == 4                             ? Retry::yes
                          : passes(rule.category)                       ? Retry::later
                          : code_class == 0 && rule.kind != Kind::block ? Retry::yes
                                                                        : Retry::no);
  if (wanted == Retry::later && code_class != 5) {
    return Retry::yes;
  }
  return wanted == Retry::yes && code_class == 5 ? Retry::later : wanted;
}

bool disagrees(const Rule& rule, int code_class) {
  return !rule.patterns.empty() && ((rule.kind == Kind::hard && code_class == 4) ||
                                    (rule.kind == Kind::soft && code_class == 5));
}

Facts facts_of(const Diagnostic& diagnostic, Scratch& scratch) {
  const std::string_view text = diagnostic.text.substr(0, Classifier::kTextLooked);
  Facts facts;
  facts.code = diagnostic.code != 0 ? diagnostic.code : code_in(text);
  facts.enhanced = diagnostic.enhanced;
  if (facts.enhanced.empty() || facts.enhanced.ends_with(".0")) {
    const std::string_view found = enhanced_in(text);
    facts.enhanced = found.empty() || (found.ends_with(".0") && !facts.enhanced.empty())
                         ? facts.enhanced
                         : found;
  }
  scratch.mx.assign(diagnostic.mx.substr(0, 255));
  std::ranges::transform(scratch.mx, scratch.mx.begin(), to_lower);
  facts.mx = scratch.mx;
  facts.provider = diagnostic.provider;
  normalise(text, text.size(), facts.code, facts.enhanced, scratch.normal);
  facts.phase = diagnostic.phase.empty() ? phase_in(scratch.normal) : parse_phase(diagnostic.phase);
  if (const std::string_view said = words_of_server(text); said.size() < text.size()) {
    normalise(said, said.size(), facts.code, facts.enhanced, scratch.normal);
  }
  facts.normal = scratch.normal;
  return facts;
}

Scratch& scratch_of_thread() {
  thread_local Scratch scratch;
  return scratch;
}

Verdict verdict_of(const Rule* rule, const Facts& facts) {
  const int code_class = class_of(facts);
  if (rule == nullptr) {
    return {.kind = Kind::unknown,
            .category = Category::unclassified,
            .retry = code_class == 5 ? Retry::no : Retry::yes,
            .suppress = false,
            .rule = kNoRule,
            .confidence = 0};
  }
  const double doubt = disagrees(*rule, code_class) ? kDisagreement : 1;
  return {.kind = rule->kind,
          .category = rule->category,
          .retry = retry_of(*rule, code_class),
          .suppress = rule->suppress,
          .rule = rule->id,
          .confidence = rule->confidence * doubt};
}

}  // namespace

struct Classifier::State {
  RuleBook book;
  std::size_t own_rules = 0;
};

namespace {

/// The rule for what is said, or, where that is unsure, for the same in plainer words.
const Rule* find_rule(const RuleBook& book, std::size_t own_rules, Facts& facts, Scratch& scratch) {
  const Rule* rule = book.find(facts, scratch.patterns);
  const bool is_own =
      rule != nullptr && static_cast<std::size_t>(rule - book.rules().data()) < own_rules;
  if (is_own || (rule != nullptr && rule->confidence > kUnsure) ||
      !plain_words(scratch.normal, scratch.plain)) {
    return rule;
  }
  facts.normal = scratch.plain;
  const Rule* plainer = book.find(facts, scratch.patterns);
  return plainer != nullptr && (rule == nullptr || plainer->confidence > rule->confidence) ? plainer
                                                                                           : rule;
}

}  // namespace

Classifier::Classifier(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Result<Classifier> Classifier::load(const std::filesystem::path& own) {
  std::vector<RuleFile> files;
  std::size_t own_rules = 0;
  if (!own.empty()) {
    TRY(RuleFile file, read_rules(own));
    own_rules = file.rules.size();
    files.push_back(std::move(file));
  }
  TRY(RuleFile shipped, parse_rules(shipped_rules(), "bounce-rules.toml"));
  files.push_back(std::move(shipped));
  TRY(RuleBook book, RuleBook::compile(std::move(files)));
  return Classifier(
      std::make_unique<const State>(State{.book = std::move(book), .own_rules = own_rules}));
}

std::span<const Rule> Classifier::rules() const {
  return state_->book.rules();
}

std::size_t Classifier::own_rules() const {
  return state_->own_rules;
}

Verdict Classifier::classify(const Diagnostic& diagnostic) const {
  Scratch& scratch = scratch_of_thread();
  Facts facts = facts_of(diagnostic, scratch);
  return verdict_of(find_rule(state_->book, state_->own_rules, facts, scratch), facts);
}

Finding Classifier::examine(const Diagnostic& diagnostic) const {
  Scratch& scratch = scratch_of_thread();
  Facts facts = facts_of(diagnostic, scratch);
  const Rule* rule = find_rule(state_->book, state_->own_rules, facts, scratch);
  return {.verdict = verdict_of(rule, facts),
          .rule = rule,
          .code = facts.code,
          .enhanced = std::string(facts.enhanced)};
}

bool Finding::is_by_code() const {
  return rule == nullptr || rule->patterns.empty();
}

}  // namespace postrider::bounce
