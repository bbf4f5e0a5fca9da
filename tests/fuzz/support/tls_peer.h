// The client's side of TLS over bytes in memory, and a certificate for the server's. No I/O.
#pragma once

#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <string_view>

#include "net/tls.h"

namespace postrider::fuzz {

/// Made once for the process.
std::shared_ptr<const net::TlsServer> tls_server();

class TlsPeer {
 public:
  TlsPeer();

  bool is_connected() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  /// One step of the handshake.
  void shake_hands();

  void received(std::string_view wire);
  std::string to_send();  ///< wire bytes that wait to be sent
  std::string read();     ///< what the peer has said
  void write(std::string_view plain);
  void close();  ///< close_notify

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace postrider::fuzz
