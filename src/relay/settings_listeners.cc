#include <algorithm>
#include <chrono>

#include "relay/settings_sections.h"

namespace postrider::relay {
namespace {

using namespace std::chrono_literals;

void read_trusted(Section& section, std::vector<TrustedHosts>& trusted) {
  std::vector<std::pair<net::Network, std::string>> pairs;
  section.read("trusted", table_of(network(), account_name()), pairs);
  for (auto& [hosts, account] : pairs) {
    if (hosts.prefix == 0) {
      section.complain("trusted",
                       "names the whole Internet, which would relay for everybody; write "
                       "the networks of your own hosts");
      continue;
    }
    trusted.push_back({.network = hosts, .account = std::move(account)});
  }
}

/// Nobody logs in where mail comes back, and nobody is trusted.
void check_inbound(Section& section, const ListenerSettings& listener) {
  if (listener.auth_in_clear) {
    section.complain("auth_in_clear",
                     "is of submission only; leave it out with kind = \"inbound\"");
  }
  if (!listener.trusted.empty()) {
    section.complain("trusted", "is of submission only; leave it out with kind = \"inbound\"");
  }
  if (listener.tls == ListenerTls::implicit) {
    section.complain("tls",
                     "mail servers begin without TLS; write tls = \"starttls\" with kind = "
                     "\"inbound\"");
  }
}

void check_listener(Section& section, const ListenerSettings& listener) {
  if (listener.endpoints.empty()) {
    section.complain("listen", "is missing; write where to listen, such as \"127.0.0.1:2525\"");
  }
  if (listener.tls == ListenerTls::none && listener.tls_required) {
    section.complain("tls_required",
                     "asks for TLS, and tls = \"none\" offers none; write tls = "
                     "\"starttls\" or \"implicit\"");
  }
  if (listener.kind == ListenerKind::inbound) {
    check_inbound(section, listener);
    return;
  }
  if (listener.tls == ListenerTls::none && listener.auth_required && !listener.auth_in_clear) {
    section.complain("auth_required",
                     "nobody could log in: with tls = \"none\" AUTH is not offered; write "
                     "auth_in_clear = true, or tls = \"starttls\"");
  }
}

void read_listener(Section& section, ListenerSettings& listener) {
  constexpr std::uint64_t kSmallest = 1 << 10;
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;
  section.read("kind", choice<ListenerKind>({"submission", "inbound"}), listener.kind);
  section.read("listen", list_of(endpoint()), listener.endpoints);
  section.read("tls", choice<ListenerTls>({"none", "starttls", "implicit"}), listener.tls);
  section.read("tls_required", flag(), listener.tls_required);
  section.read("auth_required", flag(), listener.auth_required);
  section.read("auth_in_clear", flag(), listener.auth_in_clear);
  read_trusted(section, listener.trusted);
  read_believed(section, "proxy_from", listener.proxy_from);
  read_believed(section, "xclient_from", listener.xclient_from);
  section.read("message_size_max", size(kSmallest, kLargest), listener.message_bytes_max);
  section.read("recipients_max", whole(1, 100'000), listener.recipients_max);
}

}  // namespace

void complain_if_taken(Section& section, const char* key, const Endpoint& endpoint,
                       const Settings& settings) {
  for (const auto& [name, listener] : settings.listeners) {
    if (endpoint.port() != 0 && std::ranges::count(listener.endpoints, endpoint) != 0) {
      section.complain(key, net::to_string(endpoint) + " is listened on already, by listener." +
                                name + "; write another port");
    }
  }
}

void read_believed(Section& section, const char* key, std::vector<net::Network>& networks) {
  section.read(key, list_of(network()), networks);
  if (std::ranges::any_of(networks, [](const net::Network& hosts) { return hosts.prefix == 0; })) {
    section.complain(key,
                     "names the whole Internet, which would let everybody pass for any client; "
                     "write the networks of your own hosts");
  }
}

void read_listeners(Section& root, Settings& settings) {
  const auto built_in = default_listeners();
  std::vector<std::string> names;
  for (const auto& [name, listener] : built_in) {
    names.push_back(name);
  }
  std::map<Endpoint, std::string> taken;
  root.named("listener", names, [&](Section& section, const std::string& name) {
    const auto known = built_in.find(name);
    ListenerSettings listener = known == built_in.end() ? ListenerSettings() : known->second;
    bool is_enabled = true;
    section.read("enabled", flag(), is_enabled);
    read_listener(section, listener);
    if (!is_enabled) {
      return;
    }
    check_listener(section, listener);
    for (const Endpoint& endpoint : listener.endpoints) {
      const auto [other, is_new] = taken.emplace(endpoint, name);
      if (!is_new && endpoint.port() != 0) {
        section.complain("listen", net::to_string(endpoint) +
                                       " is listened on already, by listener." + other->second +
                                       "; write another port");
      }
    }
    settings.listeners.insert_or_assign(name, std::move(listener));
  });
}

}  // namespace postrider::relay
