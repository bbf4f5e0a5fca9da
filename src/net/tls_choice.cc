#include "net/tls_choice.h"

#include <algorithm>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <utility>

#include "base/text.h"
#include "net/tls_context.h"

namespace postrider::net {
namespace {

struct BioFree {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Memory = std::unique_ptr<BIO, BioFree>;

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

/// Reads what TLS writes: numbers, and byte strings behind their length.
class TlsReader {
 public:
  explicit TlsReader(std::string_view bytes) : rest_(bytes) {}

  bool is_at_end() const { return rest_.empty(); }
  /// Empty, and at the end from then on, where there is not so much.
  std::string_view take(std::size_t count) {
    const std::string_view taken = count <= rest_.size() ? rest_.substr(0, count) : "";
    rest_.remove_prefix(count <= rest_.size() ? count : rest_.size());
    return taken;
  }
  std::string_view behind_length(std::size_t length_bytes) {
    std::size_t length = 0;
    for (const char byte : take(length_bytes)) {
      length = length << 8U | static_cast<unsigned char>(byte);
    }
    return take(length);
  }

 private:
  std::string_view rest_;
};

std::string_view extension(SSL* ssl, unsigned type) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, type, &bytes, &size) != 1) {
    return {};
  }
  return {reinterpret_cast<const char*>(bytes), size};
}

TlsHello hello_of(SSL* ssl) {
  TlsHello hello;
  TlsReader names(TlsReader(extension(ssl, TLSEXT_TYPE_server_name)).behind_length(2));
  if (names.take(1) == std::string_view("\0", 1)) {  // host_name, the only type there is
    hello.host = lower(names.behind_length(2));
  }
  TlsReader protocols(TlsReader(extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation))
                          .behind_length(2));
  while (!protocols.is_at_end()) {
    hello.protocols.emplace_back(protocols.behind_length(1));
  }
  return hello;
}

int on_hello(SSL* ssl, int* /*alert*/, void* argument) {
  const auto& choose = *static_cast<const TlsChoice*>(argument);
  const auto chosen = choose(hello_of(ssl));
  SSL_set_SSL_CTX(ssl, chosen->native());  // which `ssl` keeps alive from here on
  return SSL_CLIENT_HELLO_SUCCESS;
}

int on_protocols(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                 const unsigned char* offered, unsigned int offered_size, void* argument) {
  const auto& protocol = *static_cast<const std::string*>(argument);
  TlsReader reader({reinterpret_cast<const char*>(offered), offered_size});
  while (!reader.is_at_end()) {
    const std::string_view one = reader.behind_length(1);
    if (one == protocol) {
      *chosen = reinterpret_cast<const unsigned char*>(one.data());
      *chosen_size = static_cast<unsigned char>(one.size());
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// The leaf, and what stands behind it as its chain.
bool use_certificates(SSL_CTX* context, const std::string& pem) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  bool has_leaf = false;
  while (X509* certificate = PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)) {
    const bool is_used = has_leaf ? SSL_CTX_add1_chain_cert(context, certificate) == 1
                                  : SSL_CTX_use_certificate(context, certificate) == 1;
    X509_free(certificate);
    if (!is_used) {
      return false;
    }
    has_leaf = true;
  }
  if (has_leaf) {
    openssl_error();  // that there is no further one
  }
  return has_leaf;
}

}  // namespace

bool TlsHello::speaks(std::string_view protocol) const {
  return std::ranges::find(protocols, protocol) != protocols.end();
}

std::shared_ptr<const TlsServer> choosing_server(TlsChoice choose) {
  Context context = make_context(TLS_server_method());
  auto kept = std::make_shared<TlsChoice>(std::move(choose));
  SSL_CTX_set_client_hello_cb(context.get(), on_hello, kept.get());
  return std::make_shared<const TlsServer>(context.release(), std::move(kept));
}

Result<std::shared_ptr<const TlsServer>> server_from_pem(const std::string& pem,
                                                         const std::string& protocol) {
  Context context = make_context(TLS_server_method());
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<EVP_PKEY, KeyFree> key(
      PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
  if (!key || !use_certificates(context.get(), pem) ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return fail(Errc::invalid, "no certificate with its key: " + openssl_error());
  }
  auto agreed = std::make_shared<std::string>(protocol);
  if (!protocol.empty()) {
    SSL_CTX_set_alpn_select_cb(context.get(), on_protocols, agreed.get());
  }
  return std::make_shared<const TlsServer>(context.release(), std::move(agreed));
}

}  // namespace postrider::net
