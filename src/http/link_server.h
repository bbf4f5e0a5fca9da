// Listens for readers' opens, clicks and unsubscribes ([links]) on every io thread, has what they
// did recorded, and keeps the certificates of the hosts that they come by.
//
// At most 10,000 connections at a time, and 100 from one address (IPv6: from one /64) that is none
// of links.proxy_from; one above that is closed without a word, and from three quarters on silence
// is borne for a second only. Threads: listen() before the io threads start;
// stop() from a coroutine on one of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "http/certificate_keeper.h"
#include "http/link_certificates.h"
#include "relay/relay.h"

namespace postrider::http {

class LinkServer {
 public:
  /// The relay outlives it; its settings say where and how.
  explicit LinkServer(relay::Relay& relay);
  ~LinkServer();  ///< after stop(), also where listen() failed

  /// Errc::unavailable names the address and what to do.
  Result<> listen();

  std::vector<boost::asio::ip::tcp::endpoint> endpoints() const;
  std::vector<boost::asio::ip::tcp::endpoint> endpoints_in_clear() const;  ///< beside TLS

  /// What can change while it runs: hosts, proxies, files, certificates, [acme]. Errors: of a
  /// certificate; the ones before stay, and the rest has changed.
  Result<> change_to(const relay::Settings& settings);
  const LinkCertificates& certificates() const;
  bool has_tls() const;
  bool serves(std::string_view host) const;  ///< by links.hosts
  CertificateKeeper& keeper() const;
  std::size_t connections() const;
  std::size_t hits_waiting() const;       ///< that are not recorded yet
  std::uint64_t hits_over_limit() const;  ///< that were answered and left out (links.hits_max)

  /// Accepts nothing more and ends what there is; hands over to the store what has been taken.
  boost::asio::awaitable<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::http
