// Gets certificates from an authority by ACME (RFC 8555): finds or makes our account, orders,
// proves, finalizes, downloads. Each request is signed with the account's key and a nonce; one that
// is refused for its nonce is made again with the one that came with the refusal (6.5).
//
// Deadlines: half a minute for a request, two minutes for the authority to look at a challenge, two
// for the certificate. Between two looks it waits as Retry-After says, one to ten seconds. One
// certificate at a time. Thread: the awaiting coroutine's.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "acme/challenges.h"
#include "acme/jws.h"
#include "acme/objects.h"
#include "acme/options.h"
#include "base/result.h"
#include "dns/resolver.h"
#include "webhook/http_client.h"

namespace postrider::acme {

/// Why there is no certificate. Errc::invalid: the authority says no. Anything else: it could not
/// be asked.
struct Refusal : Error {
  Refusal(Error error, bool host = false, std::chrono::seconds wait = {})
      : Error(std::move(error)), concerns_host(host), retry_after(wait) {}
  bool concerns_host;                ///< other hosts may well get one
  std::chrono::seconds retry_after;  ///< as the authority says; 0: it does not
};
template <class T>
using Granted = std::expected<T, Refusal>;

class Client {
 public:
  /// `challenges` and `resolver` outlive it. Errc::invalid: a URL or file of `options`.
  static Result<std::unique_ptr<Client>> make(dns::Resolver& resolver, Challenges& challenges,
                                              AccountKey key, const Options& options);

  /// PEM: the key, then the chain with the leaf first. `host`: lower-case A-labels. Must be
  /// reachable by our challenges already.
  boost::asio::awaitable<Granted<std::string>> obtain(std::string host);

 private:
  Client(dns::Resolver& resolver, Challenges& challenges, AccountKey key, Options options,
         std::shared_ptr<const net::TlsClient> tls);

  using Answer = webhook::HttpAnswer;
  boost::asio::awaitable<Granted<Answer>> ask(std::string method, std::string url,
                                              std::string body);
  boost::asio::awaitable<Granted<std::string>> take_nonce();
  /// Errors of the authority as they are, but for a bad nonce.
  boost::asio::awaitable<Granted<Answer>> post(std::string url, std::string payload);
  boost::asio::awaitable<Granted<void>> open_account();
  boost::asio::awaitable<Granted<void>> prove(std::string host, std::string authorization);
  boost::asio::awaitable<Granted<void>> wait_for_proof(std::string url, std::string type);
  boost::asio::awaitable<Granted<std::string>> collect(std::string host, std::string order_url,
                                                       Order order);
  boost::asio::awaitable<Granted<Order>> look_at_order(std::string url, std::string while_it_is);

  Challenges& challenges_;
  AccountKey key_;
  Options options_;
  webhook::HttpClient http_;
  std::optional<Directory> directory_;
  std::string account_;  ///< URL; empty: not opened yet
  std::string nonce_;
};

}  // namespace postrider::acme
