#include <chrono>
#include <set>

#include "relay/settings_sections.h"

namespace postrider::relay {
namespace {

using namespace std::chrono_literals;

/// The defaults of the policy itself where what is written makes none; that has been complained of.
queue::RetryPolicy read_policy(Section& section, queue::RetryOptions& options) {
  section.read("waits", list_of(duration(1s, 24h * 30)), options.waits);
  section.read("expire_after", duration(1s, 24h * 365), options.expire_after);
  section.read("jitter", real(0, 0.9), options.jitter);
  auto policy = queue::RetryPolicy::create(options);
  if (!policy) {
    section.complain(options.waits.empty() ? "waits" : "expire_after", policy.error().text());
    return {};
  }
  return *std::move(policy);
}

}  // namespace

void read_retry(Section& root, Settings& settings) {
  Section section = root.section("retry");
  queue::RetryOptions defaults;
  settings.delivery.default_retry = read_policy(section, defaults);
  std::set<std::string> taken;
  section.each("rule", [&](Section& rule) {
    std::string domain;
    rule.read("domain", pattern(), domain);
    queue::RetryOptions options = defaults;
    queue::RetryPolicy policy = read_policy(rule, options);
    if (!rule.has("domain")) {
      rule.complain("domain", "is missing; write which recipient domains the rule is for");
    } else if (!domain.empty() && !taken.insert(domain).second) {
      rule.complain("domain", toml_string(domain) + " has a rule already; write one for each");
    } else {
      settings.delivery.retry.set(domain, std::move(policy));
    }
  });
}

}  // namespace postrider::relay
