// [links] and [acme].
#include <algorithm>
#include <chrono>
#include <utility>

#include "acme/jws.h"
#include "links/machine_rules.h"
#include "mail/address.h"
#include "net/certificate_facts.h"
#include "net/network.h"
#include "net/tls.h"
#include "readers/lookup.h"
#include "relay/settings_sections.h"
#include "webhook/url.h"

namespace postrider::relay {
namespace {

/// A name in lower-case A-labels, or an address.
Kind<std::string> name_or_address() {
  Kind<std::string> kind = domain();
  kind.read = [as_domain = kind.read](const Node& node,
                                      const Complain& complain) -> std::optional<std::string> {
    if (const auto* written = std::get_if<std::string>(&node.value)) {
      boost::system::error_code is_name;
      const auto address = boost::asio::ip::make_address(*written, is_name);
      if (!is_name) {
        return address.to_string();
      }
    }
    return as_domain(node, complain);
  };
  return kind;
}

void check_endpoints(Section& section, const char* key, const std::vector<Endpoint>& endpoints,
                     const Settings& settings) {
  for (const Endpoint& endpoint : endpoints) {
    complain_if_taken(section, key, endpoint, settings);
    if (endpoint.port() != 0 && settings.http == endpoint) {
      section.complain(key, net::to_string(endpoint) + " is http.listen too; write another port");
    }
  }
}

void read_certificate(Section& section, LinkSettings& links) {
  TlsSettings files;
  section.read("certificate", path(), files.certificate);
  section.read("key", path(), files.key);
  if (files.certificate.empty() || files.key.empty()) {
    if (section.has("certificate") || section.has("key")) {
      section.complain(files.key.empty() ? "key" : "certificate",
                       "is missing; write both, as absolute paths of PEM files");
    }
    return;
  }
  const auto server = net::TlsServer::create(files.certificate, files.key);
  const auto facts = net::read_certificate_file(files.certificate);
  if (!server || !facts) {
    section.complain("certificate", (server ? facts.error() : server.error()).text());
  } else if (facts->names.empty()) {
    section.complain("certificate",
                     files.certificate.string() + " names no host; take one with a subjectAltName");
  }
  links.certificates.push_back(std::move(files));
}

/// The patterns that are installed are read by `check` and at the start: that takes long.
void read_reader_files(Section& section, LinkSettings& links) {
  using namespace std::chrono_literals;
  section.read("user_agents", path(), links.readers.user_agents);
  section.read("country_file", path(), links.readers.countries);
  section.read("asn_file", path(), links.readers.autonomous_systems);
  section.read("networks_file", path(), links.readers.networks);
  section.read("machines", path(), links.machines);
  section.read("hits_max", whole(0, 1'000'000), links.hits_max);
  section.read("hits_over", duration(1s, 24h * 31), links.hits_over);
  const auto complain_of = [&](const char* key, const readers::Files& files) {
    if (const auto loaded = readers::Lookup::load(files); !loaded) {
      section.complain(key, loaded.error().text());
    }
  };
  const readers::Files& files = links.readers;
  if (files.user_agents != readers::kInstalledUserAgents) {
    complain_of("user_agents", {.user_agents = files.user_agents});
  }
  complain_of("country_file", {.user_agents = {}, .countries = files.countries});
  complain_of("asn_file", {.user_agents = {}, .autonomous_systems = files.autonomous_systems});
  complain_of("networks_file", {.user_agents = {}, .networks = files.networks});
  if (const auto rules = links::MachineRules::load(links.machines); !rules) {
    section.complain("machines", rules.error().text());
  }
}

void read_links_section(Section section, Settings& settings) {
  using namespace std::chrono_literals;
  LinkSettings& links = settings.links;
  section.read("listen", list_of(endpoint()), links.endpoints);
  section.read("tls", flag(), links.tls);
  section.each("certificates", [&](Section& one) { read_certificate(one, links); });
  section.read("listen_in_clear", list_of(endpoint()), links.endpoints_in_clear);
  section.read("hosts", list_of(domain()), links.hosts);
  section.read("public", list_of(name_or_address()), links.public_names);
  read_believed(section, "proxy_from", links.proxy_from);
  section.read("address", choice<links::AddressKept>({"whole", "truncated", "none"}),
               links.address);
  section.read("keep", duration(24h, 24h * 36500), links.keep);
  section.read("apple_app_site_association", path(), links.apple_app_site_association);
  section.read("asset_links", path(), links.asset_links);
  read_reader_files(section, links);
  check_endpoints(section, "listen", links.endpoints, settings);
  check_endpoints(section, "listen_in_clear", links.endpoints_in_clear, settings);
  if (!links.tls && !links.certificates.empty()) {
    section.complain("certificates", "are shown to nobody: write tls = true");
  }
}

void check_directory(Section& section, const acme::Options& acme) {
  const auto url = webhook::parse_url(acme.directory);
  if (!url) {
    section.complain("directory", url.error().text());
  } else if (!url->is_https) {
    section.complain("directory", "is not https (RFC 8555, 6.1); write an https:// URL");
  }
  if (!acme.agree_to_terms) {
    section.complain("agree_to_terms",
                     "is false; read the authority's terms of service and write true, or leave "
                     "directory empty");
  }
  if (!acme.ca_file.empty()) {
    if (const auto roots = net::TlsClient::create(true, acme.ca_file); !roots) {
      section.complain("ca_file", roots.error().text() + "; write a PEM file of certificates");
    }
  }
}

/// An authority that can't see the proof would only be asked in vain.
void check_challenge(Section& section, const acme::Options& acme, const LinkSettings& links) {
  if (!links.tls || links.endpoints.empty()) {
    section.complain("directory",
                     "is set, but nobody would be shown a certificate; write links.listen and "
                     "links.tls = true");
  } else if (acme.challenge == acme::ChallengeType::http_01 && links.endpoints_in_clear.empty()) {
    section.complain("challenge",
                     "http-01 is looked at in the clear; write links.listen_in_clear (reached "
                     "from outside on port 80), or \"tls-alpn-01\"");
  }
}

void read_acme(Section section, Settings& settings) {
  acme::Options& acme = settings.acme;
  std::vector<mail::Address> contact;
  section.read("directory", text(), acme.directory);
  section.read("contact", list_of(mail_address()), contact);
  section.read("agree_to_terms", flag(), acme.agree_to_terms);
  section.read("challenge", choice<acme::ChallengeType>({"http-01", "tls-alpn-01"}),
               acme.challenge);
  section.read("ca_file", path(), acme.ca_file);
  section.read("eab_key_id", text(), acme.eab_key_id);
  section.read("eab_key", secret(), acme.eab_key);
  for (const mail::Address& address : contact) {
    acme.contact.push_back(mail::to_string(address));
  }
  if (acme.eab_key_id.empty() != acme.eab_key.empty()) {
    section.complain(acme.eab_key.empty() ? "eab_key" : "eab_key_id",
                     "is missing; write both, as the authority has given them to you");
  } else if (!acme::decode_base64url(acme.eab_key)) {
    section.complain("eab_key", "is not base64url; write it as the authority shows it");
  }
  if (!acme.directory.empty()) {
    check_directory(section, acme);
    check_challenge(section, acme, settings.links);
  }
}

}  // namespace

void read_links(Section& root, Settings& settings) {
  read_links_section(root.section("links"), settings);
  read_acme(root.section("acme"), settings);
}

}  // namespace postrider::relay
