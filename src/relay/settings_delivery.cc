#include <chrono>
#include <set>

#include "relay/settings_sections.h"

namespace postrider::relay {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMostConnections = 10'000;
constexpr std::uint32_t kMostMessages = 1'000'000;
constexpr double kHighestRate = 1e6;

Kind<delivery::TlsPolicy> tls_policy() {
  return choice<delivery::TlsPolicy>({"none", "opportunistic", "required", "verified"});
}

void read_timeouts(Section section, smtp::ClientTimeouts& timeouts) {
  const auto limit = duration(10ms, 1h);
  section.read("greeting", limit, timeouts.greeting);
  section.read("hello", limit, timeouts.hello);
  section.read("tls", limit, timeouts.tls);
  section.read("mail", limit, timeouts.mail);
  section.read("recipient", limit, timeouts.recipient);
  section.read("data", limit, timeouts.data);
  section.read("block", limit, timeouts.block);
  section.read("dot", limit, timeouts.dot);
  section.read("quit", limit, timeouts.quit);
}

void read_options(Section section, delivery::Options& options) {
  delivery::SiteLimits& limits = options.default_limits;
  section.read("connections", whole(1, kMostConnections), limits.connections);
  section.read("messages_per_connection", whole(1, kMostMessages), limits.messages_per_connection);
  section.read("messages_per_second", real(0, kHighestRate), limits.messages_per_second);
  section.read("tls", tls_policy(), limits.tls);
  section.read("connect_timeout", duration(10ms, 10min), options.connect_timeout);
  section.read("idle_timeout", duration(0s, 5min), options.idle_timeout);
  section.read("fresh_memory", size(0, std::uint64_t{1} << 40), options.fresh_bytes_max);
  section.read("source_v4", optional_of(address_v4()), options.source_v4);
  section.read("source_v6", optional_of(address_v6()), options.source_v6);
  section.read("use_ipv4", flag(), options.mx.use_ipv4);
  section.read("use_ipv6", flag(), options.mx.use_ipv6);
  section.read("port", port(), options.mx.port);
  section.read("allowed_networks", list_of(network()), options.mx.allowed_networks);
  if (!options.mx.use_ipv4 && !options.mx.use_ipv6) {
    section.complain("use_ipv4",
                     "is off, and so is use_ipv6: nothing could be delivered; write true "
                     "for one of them");
  }
  read_timeouts(section.section("timeouts"), options.timeouts);
}

/// Which of two keys names what the table is about; empty, after a complaint, unless exactly one
/// does.
std::string subject_of(Section& section, const char* one, const char* other) {
  if (section.has(one) != section.has(other)) {
    return section.has(one) ? one : other;
  }
  section.complain(section.has(one) ? other : one,
                   section.has(one)
                       ? std::string("stands beside ") + one + "; write one of them only"
                       : std::string("is missing; write ") + one + " or " + other);
  return {};
}

void complain_of_second(Section& section, const std::string& key, const std::string& value) {
  section.complain(key, toml_string(value) + " has a table already; write one for each");
}

/// AUTH has a password in it: not in the clear unless that is said.
void check_login(Section& section, delivery::Route& route) {
  bool may_be_in_clear = false;
  section.read("allow_clear_auth", flag(), may_be_in_clear);
  if (route.user.empty() != route.password.empty()) {
    section.complain(route.user.empty() ? "user" : "password",
                     "is missing; write both user and password, or neither");
  }
  if (route.user.empty() || route.implicit_tls || may_be_in_clear) {
    return;
  }
  if (!route.tls) {
    route.tls = delivery::TlsPolicy::required;
  } else if (*route.tls < delivery::TlsPolicy::required) {
    section.complain("tls",
                     "may send the password in the clear; write \"required\" or \"verified\", or "
                     "allow_clear_auth = true where the way there is safe");
  }
}

void read_route(Section& section, delivery::Options& options, std::set<std::string>& taken) {
  const std::string subject = subject_of(section, "domain", "account");
  std::string domain;
  std::string account;
  delivery::Route route;
  section.read("domain", pattern(), domain);
  section.read("account", account_name(), account);
  section.read("host", text(), route.host);
  section.read("port", port(), route.port);
  section.read("implicit_tls", flag(), route.implicit_tls);
  section.read("tls", unset_or(tls_policy()), route.tls);
  section.read("user", text(), route.user);
  section.read("password", secret(), route.password);
  if (route.host.empty() || route.host.find_first_of("[]/ ") != std::string::npos) {
    section.complain("host",
                     "must be the name of a host or its address without brackets; write it "
                     "as \"smtp.example.com\" or \"192.0.2.1\"");
  }
  check_login(section, route);
  const std::string& name = subject == "domain" ? domain : account;
  if (name.empty()) {
    return;  // complained of already
  }
  if (!taken.insert(subject + " " + name).second) {
    complain_of_second(section, subject, name);
  } else if (subject == "domain") {
    options.routes.set(domain, std::move(route));
  } else {
    options.account_routes.emplace_back(account, std::move(route));
  }
}

void read_site(Section& section, delivery::Options& options, std::set<std::string>& taken) {
  const std::string subject = subject_of(section, "domain", "mx");
  std::string domain;
  std::string mx;
  delivery::SiteRule rule;
  section.read("domain", pattern(), domain);
  section.read("mx", pattern(), mx);
  section.read("connections", unset_or(whole(1, kMostConnections)), rule.connections);
  section.read("messages_per_connection", unset_or(whole(1, kMostMessages)),
               rule.messages_per_connection);
  section.read("messages_per_second", unset_or(real(0, kHighestRate)), rule.messages_per_second);
  section.read("tls", unset_or(tls_policy()), rule.tls);
  const std::string& name = subject == "domain" ? domain : mx;
  if (name.empty()) {
    return;
  }
  if (!taken.insert(subject + " " + name).second) {
    complain_of_second(section, subject, name);
    return;
  }
  (subject == "domain" ? options.domain_rules : options.mx_rules).set(name, rule);
}

}  // namespace

void read_delivery(Section& root, Settings& settings) {
  delivery::Options& options = settings.delivery;
  read_options(root.section("delivery"), options);
  std::set<std::string> routes;
  root.each("route", [&](Section& section) { read_route(section, options, routes); });
  std::set<std::string> sites;
  root.each("site", [&](Section& section) { read_site(section, options, sites); });
}

}  // namespace postrider::relay
