// What we show to prove that a host is ours, while an authority looks: for http-01 a text behind a
// path, for tls-alpn-01 a certificate. Nothing of it is there before the authority asked for it or
// afterwards. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "acme/options.h"
#include "base/result.h"
#include "net/tls.h"

namespace postrider::acme {

constexpr std::string_view kHttpChallengePath = "/.well-known/acme-challenge/";
constexpr std::string_view kTlsAlpnProtocol = "acme-tls/1";

class Challenges {
 public:
  /// `key_authorization`: RFC 8555, 8.1. One for each host at a time.
  Result<> show(ChallengeType type, const std::string& host, const std::string& token,
                const std::string& key_authorization);
  void hide(const std::string& host);

  /// The text behind kHttpChallengePath + `token` at `host`.
  std::optional<std::string> text(const std::string& host, std::string_view token) const;
  /// For a handshake that speaks kTlsAlpnProtocol; null: `host` has nothing to show.
  std::shared_ptr<const net::TlsServer> server(const std::string& host) const;

 private:
  struct Shown {
    std::string token;
    std::string text;
    std::shared_ptr<const net::TlsServer> server;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Shown> shown_;
};

/// PEM: a certificate signed by itself that names `host` and has the SHA-256 of the key
/// authorization in the critical extension id-pe-acmeIdentifier (RFC 8737, 3), and its key.
Result<std::string> make_challenge_certificate(const std::string& host,
                                               const std::string& key_authorization);

}  // namespace postrider::acme
