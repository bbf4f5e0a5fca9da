// Everything that an operator can set, as values. The defaults here are the documented ones: a test
// compares them with config/postrider.toml.
//
// settings_toml.h reads them from a file; what is in a Settings that it returned without a problem
// is valid. Values; pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "acme/options.h"
#include "base/log.h"
#include "delivery/options.h"
#include "delivery/unsubscribe.h"
#include "directory/authenticator.h"
#include "dns/resolver.h"
#include "exports/options.h"
#include "health/limits.h"
#include "links/address_kept.h"
#include "mail/address.h"
#include "net/network.h"
#include "readers/files.h"
#include "retention/options.h"
#include "smtp/server_session.h"
#include "suppression/soft_bounces.h"
#include "webhook/options.h"

namespace postrider::relay {

using Endpoint = boost::asio::ip::tcp::endpoint;

enum class ListenerKind : std::uint8_t {
  submission,  ///< takes mail to be sent
  inbound,     ///< takes what comes back: bounces, complaints, mail for postmaster
};

enum class ListenerTls : std::uint8_t {
  none,
  starttls,  ///< offered
  implicit,  ///< before the greeting (port 465)
};

/// Hosts of `network` relay without AUTH, as if they had logged in to `account`.
struct TrustedHosts {
  net::Network network;
  std::string account;  ///< by name
};

/// [listener.NAME]
struct ListenerSettings {
  ListenerKind kind = ListenerKind::submission;
  std::vector<Endpoint> endpoints;  ///< at least one; port 0: the kernel chooses
  ListenerTls tls = ListenerTls::starttls;
  bool tls_required = false;
  bool auth_required = true;
  bool auth_in_clear = false;
  std::vector<TrustedHosts> trusted;
  std::vector<net::Network> proxy_from;
  std::vector<net::Network> xclient_from;
  std::uint64_t message_bytes_max = 25 << 20;
  std::uint32_t recipients_max = 1000;
};

/// [tls]: both empty: a certificate is made and signed by itself, in the data directory.
struct TlsSettings {
  std::filesystem::path certificate;
  std::filesystem::path key;

  bool operator==(const TlsSettings&) const = default;
};

/// [limits]
struct LimitSettings {
  std::uint32_t sessions_max = 2000;                    ///< at a time, on all listeners together
  std::uint32_t sessions_per_address_max = 100;         ///< at a time; IPv6: per /64
  std::chrono::milliseconds idle_when_crowded{10'000};  ///< then it may be asked to leave
  std::uint64_t memory_bytes = 0;                       ///< of the whole process; 0: no limit
  std::uint32_t transactions_max = 0;                   ///< a session; 0: unlimited
  std::uint32_t errors_max = 20;                        ///< a session
  std::uint32_t hops_max = 50;                          ///< Received: lines
  std::uint32_t line_bytes_max = 0;                     ///< of content; 0: unlimited
  std::uint32_t header_bytes_max = 0;                   ///< of what is submitted; 0: unlimited
  smtp::ServerTimeouts timeouts;
};

/// [spool]
struct SpoolSettings {
  std::uint64_t free_bytes_min = 512 << 20;  ///< on top of what open transactions may need
  std::uint64_t memory_bytes = 128 << 20;    ///< write buffers and caches of the database
  bool compress = true;                      ///< records, with LZ4
};

/// [inbound]: where mail for these is sent on to; none: it is kept as files.
struct InboundSettings {
  std::optional<mail::Address> postmaster;
  std::optional<mail::Address> abuse;
};

/// [links]: where opens, clicks and unsubscribes come in.
struct LinkSettings {
  std::vector<Endpoint> endpoints;           ///< none: off
  bool tls = false;                          ///< from the start
  std::vector<TlsSettings> certificates;     ///< by the names in them, before that of [tls]
  std::vector<Endpoint> endpoints_in_clear;  ///< besides, where there is TLS
  std::vector<std::string> hosts;            ///< that are answered for; none: all
  /// Names (lower-case A-labels) and addresses by which readers reach `endpoints` or what answers
  /// in their place.
  std::vector<std::string> public_names;
  std::vector<net::Network> proxy_from;
  links::AddressKept address = links::AddressKept::truncated;
  Duration keep = std::chrono::days(730);
  std::filesystem::path apple_app_site_association;  ///< empty: there is none
  std::filesystem::path asset_links;
  readers::Files readers;  ///< what says who reads
  std::filesystem::path
      machines;                  ///< rules of the operator's own; empty: none but the shipped ones
  std::uint32_t hits_max = 100;  ///< events of one kind from one token; 0: no limit
  Duration hits_over = std::chrono::hours(1);  ///< within this time
};

/// [simulator]
struct SimulatorSettings {
  bool is_enabled = true;
  Endpoint endpoint{boost::asio::ip::address_v4::loopback(), 2529};
};

struct Settings {
  std::filesystem::path data = "/var/lib/postrider";
  std::string hostname;  ///< greeting, EHLO, Message-ID, certificate; never empty once loaded
  std::string return_path_domain;  ///< of domains without one of their own; never empty once loaded
  std::uint32_t threads = 0;       ///< 0: one for each core

  std::map<std::string, ListenerSettings> listeners;  ///< by name; those that are enabled
  TlsSettings tls;
  LimitSettings limits;
  directory::AuthenticatorOptions auth;
  std::optional<Endpoint> http = Endpoint(boost::asio::ip::address_v4::loopback(), 8025);
  log::Options log;
  SpoolSettings spool;
  dns::ResolverOptions dns;
  delivery::Options delivery;
  InboundSettings inbound;
  LinkSettings links;
  acme::Options acme;
  SimulatorSettings simulator;
  retention::Options retention;
  webhook::Options webhook;
  std::vector<exports::Options> exports;
  suppression::SoftBounceLimit soft_bounces;
  health::Limits health;
  std::filesystem::path bounce_rules;  ///< [bounce] rules; empty: none but the shipped ones

  std::map<std::string, std::string> written;  ///< each option as TOML; no secrets
};

/// On 127.0.0.1 and ::1. smtp: port 2525, STARTTLS; smtps: 2465, implicit; inbound: 2524, STARTTLS.
std::map<std::string, ListenerSettings> default_listeners();

/// What a session of `listener` is to be told; `tls` (the context) is left for the caller to set.
smtp::ServerOptions server_options(const Settings& settings, const ListenerSettings& listener);

/// Says so if this process may not have the descriptors that limits.sessions_max asks for.
std::optional<std::string> unreachable_sessions(const Settings& settings);
/// Sessions for which there are descriptors.
std::size_t sessions_reachable();

/// Whether a listener takes bounces and complaints.
bool takes_inbound(const Settings& settings);

/// Whether and where those who unsubscribe come in.
delivery::UnsubscribeMail unsubscribe_mail(const Settings& settings);

/// Where certificate and key are: as configured, or the self-signed pair in the data directory.
TlsSettings tls_files(const Settings& settings);

}  // namespace postrider::relay
