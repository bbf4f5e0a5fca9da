// What a reader's browser is shown under TLS: of the certificates that there are, the one for the
// host that it asks for. In this order: those that the operator has configured, those that we got
// by ACME, the one of [tls]. For a host that nobody has one for, nothing is asked of anybody here.
//
// Any thread; configure(), look_again() and put() one at a time.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/challenges.h"
#include "base/ids.h"
#include "base/result.h"
#include "net/certificate_facts.h"
#include "net/tls.h"
#include "relay/certificate.h"

namespace postrider::http {

class LinkCertificates {
 public:
  /// All outlive it. `otherwise`: for hosts without one of their own.
  LinkCertificates(const relay::Certificate& otherwise, const acme::Challenges& challenges);

  /// Those of the operator, in place of the ones before. Errc::invalid names the file, and then
  /// nothing has changed.
  Result<> configure(const std::vector<relay::TlsSettings>& files);
  /// Takes files that have changed; one that is no good stays as it was, and the log says so.
  void look_again();

  /// Got by ACME: `pem` is key and chain. Errc::invalid: they don't fit, or name another host.
  Result<> put(const std::string& host, const std::string& pem);

  /// Forgets those of hosts that are not `wanted` and whose time is over; which.
  std::vector<std::string> drop_ended(const std::map<std::string, AccountId>& wanted, Time now);

  /// Of the operator's own.
  bool is_configured(std::string_view host) const;
  /// Of the one got by ACME.
  std::optional<net::CertificateFacts> obtained(const std::string& host) const;

  struct Shown {
    std::string source;  ///< "configured", "acme"; "tls": of [tls]
    net::CertificateFacts facts;
  };
  /// What who asks for `host` is shown. Nothing: it can't be read any more.
  std::optional<Shown> shown(const std::string& host) const;

  /// For accept_tls(); this outlives the handshakes.
  std::shared_ptr<const net::TlsServer> server() const { return server_; }

 private:
  using FileTime = std::filesystem::file_time_type;
  using Server = std::shared_ptr<const net::TlsServer>;
  struct Configured {
    relay::TlsSettings files;
    FileTime changed_at;
    net::CertificateFacts facts;
    Server server;
  };
  struct Obtained {
    net::CertificateFacts facts;
    Server server;
  };
  static Result<Configured> load(const relay::TlsSettings& files);
  const Configured* configured_for(std::string_view host) const;  // under the lock
  Server choose(const std::string& host, bool is_challenge) const;

  const relay::Certificate& otherwise_;
  const acme::Challenges& challenges_;
  mutable std::mutex mutex_;
  std::vector<Configured> configured_;
  std::map<std::string, Obtained> obtained_;
  const Server server_;
};

}  // namespace postrider::http
