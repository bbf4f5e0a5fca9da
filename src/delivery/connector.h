// Finds a host of a site that will talk to us: addresses, TCP, greeting, EHLO, STARTTLS, AUTH, one
// host and address after the other until one works.
//
// RFC 5321, 5.1: every address of the most preferred hosts first. A host that failed a moment ago
// is tried last, and no more than ten addresses are tried in one go. Opportunistic TLS falls back
// to the clear on a new connection, also where the connection breaks right behind the handshake;
// required TLS never does.
//
// Thread: the caller's.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "delivery/attempt.h"
#include "delivery/destination.h"
#include "dns/resolver.h"
#include "smtp/client.h"

namespace postrider::delivery {

/// TLS contexts, made once.
struct TlsClients {
  std::shared_ptr<const net::TlsClient> any_certificate;
  std::shared_ptr<const net::TlsClient> verified;
};

/// Addresses in one go: each may keep us waiting, and 20 hosts of 8 addresses would do so for
/// hours. The others come next time, because what failed now is then tried last.
constexpr std::size_t kTriesMost = 10;

/// Addresses of one site that failed lately. One thread.
class TroubledHosts {
 public:
  void add(const std::string& address);
  bool contains(const std::string& address);
  std::size_t count();

 private:
  std::map<std::string, std::chrono::steady_clock::time_point> until_;
};

struct Connected {
  std::unique_ptr<smtp::Client> client;
  std::shared_ptr<const Peer> peer;
  bool has_alternative = false;  ///< an address was not tried yet
};

/// Why no host would talk to us; what the recipients then are told.
struct Refusal {
  smtp::Reply reply;  ///< of the last host that said something; code 0: ours
  std::shared_ptr<const Peer> peer;
  bool is_final = false;    ///< no host can exist (all addresses forbidden)
  bool is_timeout = false;  ///< code 0: nothing was said in time
};

/// `options`, `resolver` and `troubled` outlive the await.
boost::asio::awaitable<std::expected<Connected, Refusal>> connect_to_site(
    DestinationPtr destination, const Options& options, dns::Resolver& resolver,
    const TlsClients& tls, TroubledHosts& troubled, std::uint32_t random);

}  // namespace postrider::delivery
