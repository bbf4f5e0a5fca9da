// Sees to it that every tracking host of an account that wants TLS has a certificate, by ACME:
// gets the first, renews it with a third of its life left, tries again at growing intervals what
// has failed, and says so each time in the log and by an `operational` event. The certificate that
// is there goes on meanwhile.
//
// Asked for are hosts of active accounts only, and of these those that DNS leads to links.public
// (where nothing stands there: those that links.hosts names); a name that merely comes by in a
// handshake never is. What a configured certificate covers is left alone.
//
// One host at a time. Where the authority itself fails, none is asked for until its pause is over.
//
// Thread: run() on io thread 0; the rest any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "acme/certificate_folder.h"
#include "acme/challenges.h"
#include "acme/options.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/link_certificates.h"
#include "relay/relay.h"

namespace postrider::http {

/// How it stands with one host.
struct HostCertificate {
  std::string host;
  std::string account;
  std::string source;  ///< as LinkCertificates::Shown; empty: none of its own
  Time good_until{};   ///< of a certificate of its own
  std::string state;   ///< "good", "waiting" (for DNS), "failing", "asked for", "off"
  std::string why;     ///< of waiting and failing
  Time next_try{};     ///< of waiting and failing
};

class CertificateKeeper {
 public:
  /// All outlive it.
  CertificateKeeper(relay::Relay& relay, LinkCertificates& certificates,
                    acme::Challenges& challenges);
  ~CertificateKeeper();

  /// What was got before, from the data directory; what is no good there is said and got anew.
  Result<> load();
  void change_to(const relay::Settings& settings);

  /// Until it is cancelled.
  boost::asio::awaitable<void> run();

  /// At the next look, whatever it has and whatever has failed. Errc::not_found: no account has
  /// this host. Errc::invalid: ACME is off, or a configured certificate covers it.
  Result<> renew(const std::string& host);

  std::vector<HostCertificate> all() const;  ///< by host

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::http
