#include <chrono>
#include <fstream>

#include "relay/settings_sections.h"

namespace postrider::relay {

using namespace std::chrono_literals;

void read_dns(Section& root, Settings& settings) {
  dns::ResolverOptions& dns = settings.dns;
  Section section = root.section("dns");
  section.read("forwarders", list_of(dns_server()), dns.forwarders);
  section.read("use_system_resolvers", flag(), dns.use_system_resolvers);
  std::vector<std::pair<std::string, std::string>> stubs;
  section.read("stubs", table_of(zone(), dns_server()), stubs);
  for (auto& [zone, server] : stubs) {
    dns.stubs.push_back({.zone = std::move(zone), .server = std::move(server)});
  }
  section.read("trust_anchor", path(), dns.trust_anchor);
  if (!dns.trust_anchor.empty() && !std::ifstream(dns.trust_anchor)) {
    section.complain("trust_anchor", "cannot read " + dns.trust_anchor.string() +
                                         "; write a root key file, such as "
                                         "\"/usr/share/dns/root.key\", or \"\" for no validation");
  }
  section.read("timeout", duration(1s, 5min), dns.timeout);
}

}  // namespace postrider::relay
