#include "support/tls_peer.h"

#include <filesystem>
#include <openssl/bio.h>
#include <openssl/err.h>

#include "support/require.h"

namespace postrider::fuzz {
namespace {

std::shared_ptr<const net::TlsServer> make_server() {
  std::string form = (std::filesystem::temp_directory_path() / "postrider-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(form.data());
  require(net::write_self_signed("fuzz.test", folder / "c.pem", folder / "k.pem").has_value(),
          "a certificate can be made");
  auto server = net::TlsServer::create(folder / "c.pem", folder / "k.pem");
  std::filesystem::remove_all(folder);
  require(server.has_value(), "a certificate can be read");
  return *std::move(server);
}

SSL_CTX* client_context() {
  static const auto client = net::TlsClient::create(false);
  require(client.has_value(), "a client's context can be made");
  return (*client)->native();
}

}  // namespace

std::shared_ptr<const net::TlsServer> tls_server() {
  static const auto server = make_server();
  return server;
}

TlsPeer::TlsPeer() : ssl_(SSL_new(client_context())) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_.get());
}

void TlsPeer::shake_hands() {
  SSL_do_handshake(ssl_.get());
  ERR_clear_error();
}

void TlsPeer::received(std::string_view wire) {
  BIO_write(SSL_get_rbio(ssl_.get()), wire.data(), static_cast<int>(wire.size()));
}

std::string TlsPeer::to_send() {
  BIO* out = SSL_get_wbio(ssl_.get());
  std::string wire(BIO_ctrl_pending(out), '\0');
  BIO_read(out, wire.data(), static_cast<int>(wire.size()));
  return wire;
}

std::string TlsPeer::read() {
  std::string text;
  char buffer[4096];
  for (int got = 0; (got = SSL_read(ssl_.get(), buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  ERR_clear_error();
  return text;
}

void TlsPeer::write(std::string_view plain) {
  SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  ERR_clear_error();
}

void TlsPeer::close() {
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace postrider::fuzz
