#include "delivery/destination.h"

#include <algorithm>
#include <utility>

namespace postrider::delivery {
namespace {

void apply(const SiteRule* rule, SiteLimits& limits) {
  if (rule == nullptr) {
    return;
  }
  limits.connections = rule->connections.value_or(limits.connections);
  limits.messages_per_connection =
      rule->messages_per_connection.value_or(limits.messages_per_connection);
  limits.messages_per_second = rule->messages_per_second.value_or(limits.messages_per_second);
  limits.tls = rule->tls.value_or(limits.tls);
}

/// The rule of the first host, by name, that has one: equal sets of hosts have equal limits, in
/// whatever order a domain prefers them.
const SiteRule* rule_of_hosts(const Options& options, const Destination& destination) {
  std::vector<std::string_view> names;
  for (const dns::MailHost& host : destination.hosts) {
    names.push_back(host.name);
  }
  std::ranges::sort(names);
  for (const std::string_view name : names) {
    if (const SiteRule* rule = options.mx_rules.find(name)) {
      return rule;
    }
  }
  return nullptr;
}

/// What connections of one site share belongs to its name: mail that must not go in the clear can't
/// be given to a connection that was opened for other mail.
std::string_view suffix_of(TlsPolicy tls) {
  switch (tls) {
    case TlsPolicy::opportunistic:
      return "";
    case TlsPolicy::none:
      return " without TLS";
    case TlsPolicy::required:
      return " TLS required";
    case TlsPolicy::verified:
      return " TLS verified";
  }
  return "";
}

/// Limits by the rules that match, the domain's own last, and the site's name.
void finish(const Options& options, std::string_view domain, Destination& destination) {
  destination.limits = options.default_limits;
  apply(rule_of_hosts(options, destination), destination.limits);
  if (const auto* own = options.domain_rules.find_entry(domain)) {
    apply(&own->second, destination.limits);
    destination.site += " (" + own->first + ")";
  }
  destination.limits.tls = destination.route.tls.value_or(destination.limits.tls);
  destination.site += suffix_of(destination.limits.tls);
}

std::string site_of(const Route& route) {
  const bool v6 = route.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + route.host + "]" : route.host;
  const std::string user = route.user.empty() ? "" : route.user + "@";
  const std::string tls = route.implicit_tls ? " implicit TLS" : "";
  return user + host + ":" + std::to_string(route.port) + tls;
}

}  // namespace

const Route* find_route(const Options& options, std::string_view domain, std::string_view account) {
  for (const auto& [name, route] : options.account_routes) {
    if (name == account) {
      return &route;
    }
  }
  return options.routes.find(domain);
}

DestinationPtr destination_by_route(const Options& options, std::string_view domain,
                                    const Route& route) {
  auto made = std::make_shared<Destination>();
  made->site = site_of(route);
  made->hosts.push_back({.name = route.host, .preference = 0, .addresses = {}});
  made->port = route.port;
  made->is_route = true;
  made->route = route;
  finish(options, domain, *made);
  return made;
}

DestinationPtr destination_by_mx(const Options& options, std::string_view domain,
                                 const dns::MailExchangers& exchangers) {
  auto made = std::make_shared<Destination>();
  made->site = exchangers.site;
  made->hosts = exchangers.hosts;
  made->port = options.mx.port;
  finish(options, domain, *made);
  return made;
}

}  // namespace postrider::delivery
