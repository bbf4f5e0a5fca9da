// TLS contexts: what a server shows and what a client asks of its peers. Immutable once made, so
// that a reload makes a new one and sessions keep theirs.
//
// Making the first one switches SIGPIPE off for the process, where it is as the system left it.
//
// OpenSSL 3; TLS 1.2 and above for what we offer; a client takes TLS 1.2 and above too. Server: no
// renegotiation, no compression, tickets on. Errors name the file and what to do. Any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"

struct ssl_ctx_st;

namespace postrider::net {

class TlsServer {
 public:
  /// `certificate`: PEM, the chain with the leaf first. `key`: PEM. Errc::invalid names the file.
  static Result<std::shared_ptr<const TlsServer>> create(const std::filesystem::path& certificate,
                                                         const std::filesystem::path& key);
  /// Owns `context`; `kept` is what its callbacks know, and lives as long (net/tls_choice.h).
  explicit TlsServer(ssl_ctx_st* context, std::shared_ptr<const void> kept = {})
      : context_(context), kept_(std::move(kept)) {}
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ssl_ctx_st* native() const { return context_; }

 private:
  ssl_ctx_st* context_;
  std::shared_ptr<const void> kept_;
};

class TlsClient {
 public:
  /// With `verify`, a handshake fails unless the chain leads to a root of the machine (or of
  /// `roots`, a PEM file, if not empty) and the certificate names the host.
  static Result<std::shared_ptr<const TlsClient>> create(bool verify,
                                                         const std::filesystem::path& roots = {});
  ~TlsClient();
  ssl_ctx_st* native() const { return context_; }
  bool verifies() const { return verify_; }

 private:
  TlsClient(ssl_ctx_st* context, bool verify) : context_(context), verify_(verify) {}
  ssl_ctx_st* context_;
  bool verify_;
};

/// Writes a certificate for `host` (a name or an address; 10 years, P-256), signed by itself, and
/// its key (mode 0600). Where they can't be written, what was there before stays.
Result<> write_self_signed(const std::string& host, const std::filesystem::path& certificate,
                           const std::filesystem::path& key);

/// The last error of OpenSSL on this thread, in its words, and forgets it.
std::string openssl_error();

}  // namespace postrider::net
