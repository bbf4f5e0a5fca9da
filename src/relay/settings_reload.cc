#include "relay/settings_reload.h"

namespace postrider::relay {
namespace {

class Keeping {
 public:
  template <class T>
  void keep(const char* option, const T& running, T& wanted) {
    if (running != wanted) {
      named_.emplace_back(option);
      wanted = running;
    }
  }
  std::vector<std::string> named() && { return std::move(named_); }

 private:
  std::vector<std::string> named_;
};

void keep_auth(Keeping& keeping, const directory::AuthenticatorOptions& running,
               directory::AuthenticatorOptions& wanted) {
  keeping.keep("auth.remember", running.remember, wanted.remember);
  keeping.keep("auth.familiar", running.familiar, wanted.familiar);
  keeping.keep("auth.window", running.window, wanted.window);
  keeping.keep("auth.failures_by_address_max", running.failures_by_address,
               wanted.failures_by_address);
  keeping.keep("auth.failures_by_user_max", running.failures_by_user, wanted.failures_by_user);
}

void keep_dns(Keeping& keeping, const dns::ResolverOptions& running, dns::ResolverOptions& wanted) {
  keeping.keep("dns.forwarders", running.forwarders, wanted.forwarders);
  keeping.keep("dns.use_system_resolvers", running.use_system_resolvers,
               wanted.use_system_resolvers);
  keeping.keep("dns.stubs", running.stubs, wanted.stubs);
  keeping.keep("dns.trust_anchor", running.trust_anchor, wanted.trust_anchor);
  keeping.keep("dns.timeout", running.timeout, wanted.timeout);
}

void keep_links(Keeping& keeping, const LinkSettings& running, LinkSettings& wanted) {
  keeping.keep("links.listen", running.endpoints, wanted.endpoints);
  keeping.keep("links.tls", running.tls, wanted.tls);
  keeping.keep("links.listen_in_clear", running.endpoints_in_clear, wanted.endpoints_in_clear);
  keeping.keep("links.public", running.public_names, wanted.public_names);
  keeping.keep("links.address", running.address, wanted.address);
  keeping.keep("links.hits_max", running.hits_max, wanted.hits_max);
  keeping.keep("links.hits_over", running.hits_over, wanted.hits_over);
  keeping.keep("links.keep", running.keep, wanted.keep);
}

}  // namespace

std::vector<std::string> keep_until_restart(const Settings& running, Settings& wanted) {
  Keeping keeping;
  keeping.keep("data", running.data, wanted.data);
  keeping.keep("hostname", running.hostname, wanted.hostname);
  keeping.keep("return_path_domain", running.return_path_domain, wanted.return_path_domain);
  keeping.keep("threads", running.threads, wanted.threads);
  keep_auth(keeping, running.auth, wanted.auth);
  keeping.keep("limits.memory", running.limits.memory_bytes, wanted.limits.memory_bytes);
  keeping.keep("http.listen", running.http, wanted.http);
  keeping.keep("spool.free_space_min", running.spool.free_bytes_min, wanted.spool.free_bytes_min);
  keeping.keep("spool.memory", running.spool.memory_bytes, wanted.spool.memory_bytes);
  keeping.keep("spool.compress", running.spool.compress, wanted.spool.compress);
  keep_dns(keeping, running.dns, wanted.dns);
  keep_links(keeping, running.links, wanted.links);
  keeping.keep("delivery.fresh_memory", running.delivery.fresh_bytes_max,
               wanted.delivery.fresh_bytes_max);
  keeping.keep("simulator.enabled", running.simulator.is_enabled, wanted.simulator.is_enabled);
  keeping.keep("simulator.listen", running.simulator.endpoint, wanted.simulator.endpoint);
  keeping.keep("export", running.exports, wanted.exports);
  // They follow from the names: EHLO, greeting and Received must not disagree.
  wanted.delivery.hostname = running.delivery.hostname;
  wanted.delivery.mx.own_names = running.delivery.mx.own_names;
  return std::move(keeping).named();
}

std::string what_changes(const Settings& running, const Settings& wanted) {
  std::string text;
  const auto add = [&](const std::string& key, const std::string& before, const std::string& now) {
    text += (text.empty() ? "" : ", ") + key + ": " + before + " -> " + now;
  };
  for (const auto& [key, value] : wanted.written) {
    const auto before = running.written.find(key);
    if (before == running.written.end()) {
      add(key, "none", value);
    } else if (before->second != value) {
      add(key, before->second, value);
    }
  }
  for (const auto& [key, value] : running.written) {
    if (!wanted.written.contains(key)) {
      add(key, value, "none");
    }
  }
  return text;
}

}  // namespace postrider::relay
