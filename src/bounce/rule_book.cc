#include "bounce/rule_book.h"

#include <algorithm>

namespace postrider::bounce {
namespace {

bool has_enhanced(const Rule& rule, std::string_view enhanced) {
  return std::ranges::any_of(rule.enhanced, [&](const std::string& wanted) {
    return wanted.ends_with('.') ? enhanced.starts_with(wanted) : enhanced == wanted;
  });
}

/// Before RCPT nobody has named the recipient: what is refused then is ours, in whatever words. A
/// host that takes no mail at all says so at once (RFC 7504), and a rule that names phases knows
/// why.
bool is_about_nobody(const Rule& rule, const Facts& facts) {
  return rule.kind == Kind::hard && facts.phase && *facts.phase < Phase::rcpt &&
         rule.phases.empty() && !rule.is_for_any_phase && rule.category != Category::no_mail_host;
}

}  // namespace

bool is_host(std::string_view host, std::string_view pattern) {
  return host.ends_with(pattern) &&
         (host.size() == pattern.size() || host[host.size() - pattern.size() - 1] == '.');
}

Result<RuleBook> RuleBook::compile(std::vector<RuleFile> files) {
  RuleBook book;
  for (RuleFile& file : files) {
    std::ranges::move(file.providers, std::back_inserter(book.providers_));
    std::ranges::move(file.rules, std::back_inserter(book.rules_));
  }
  for (std::uint32_t i = 0; i < book.rules_.size(); ++i) {
    const Rule& rule = book.rules_[i];
    if (rule.patterns.empty()) {
      book.without_text_.push_back(i);
      continue;
    }
    for (const std::string& pattern : rule.patterns) {
      TRY_VOID(book.patterns_.add(pattern),
               "rule '" + rule.id + "' (line " + std::to_string(rule.line) + ")");
      book.rule_of_pattern_.push_back(i);
    }
  }
  book.patterns_.compile();
  return book;
}

bool RuleBook::is_of_provider(const Rule& rule, const Facts& facts) const {
  return std::ranges::any_of(rule.providers, [&](const std::string& name) {
    if (facts.provider == name) {
      return true;
    }
    return !facts.mx.empty() && std::ranges::any_of(providers_, [&](const ProviderHosts& provider) {
      return provider.name == name &&
             std::ranges::any_of(provider.hosts,
                                 [&](const std::string& host) { return is_host(facts.mx, host); });
    });
  });
}

bool RuleBook::holds(const Rule& rule, const Facts& facts) const {
  if (is_about_nobody(rule, facts)) {
    return false;
  }
  if (!rule.codes.empty() && std::ranges::none_of(rule.codes, [&](CodeRange range) {
        return facts.code >= range.first && facts.code <= range.last;
      })) {
    return false;
  }
  if (!rule.enhanced.empty() && !has_enhanced(rule, facts.enhanced)) {
    return false;
  }
  if (!rule.phases.empty() &&
      (!facts.phase || std::ranges::find(rule.phases, *facts.phase) == rule.phases.end())) {
    return false;
  }
  if (!rule.hosts.empty() && std::ranges::none_of(rule.hosts, [&](const std::string& host) {
        return is_host(facts.mx, host);
      })) {
    return false;
  }
  return rule.providers.empty() || is_of_provider(rule, facts);
}

const Rule* RuleBook::find(const Facts& facts, PatternSet::Scratch& scratch) const {
  patterns_.look(facts.normal, scratch);
  auto plain = without_text_.begin();
  const auto plain_before = [&](std::size_t index) -> const Rule* {
    for (; plain != without_text_.end() && *plain < index; ++plain) {
      if (holds(rules_[*plain], facts)) {
        return &rules_[*plain];
      }
    }
    return nullptr;
  };
  for (const int candidate : scratch.candidates) {
    const std::uint32_t index = rule_of_pattern_[static_cast<std::size_t>(candidate)];
    if (const Rule* rule = plain_before(index)) {
      return rule;
    }
    const Rule& rule = rules_[index];
    if (holds(rule, facts) && patterns_.matches(candidate, facts.normal)) {
      return &rule;
    }
  }
  return plain_before(rules_.size());
}

}  // namespace postrider::bounce
