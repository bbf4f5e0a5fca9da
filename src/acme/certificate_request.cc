#include "acme/certificate_request.h"

#include <openssl/x509v3.h>

#include "acme/pem.h"
#include "net/tls.h"

namespace postrider::acme {
namespace {

struct ExtensionsFree {
  void operator()(STACK_OF(X509_EXTENSION) * all) const {
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
  }
};
using Request = std::unique_ptr<X509_REQ, net::Freeing<&X509_REQ_free>>;
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), ExtensionsFree>;

}  // namespace

Result<CertificateRequest> make_certificate_request(const std::string& host) {
  TRY(const Key key, make_key());
  const Request request(X509_REQ_new());
  const Extensions extensions(sk_X509_EXTENSION_new_null());
  Extension name = host_extension(host);
  if (name == nullptr || sk_X509_EXTENSION_push(extensions.get(), name.get()) == 0) {
    return fail(Errc::invalid, "no certificate can name " + host + ": " + net::openssl_error());
  }
  static_cast<void>(name.release());  // it is the list's
  const bool is_made = X509_REQ_set_version(request.get(), 0) == 1 &&
                       X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
                       X509_REQ_add_extensions(request.get(), extensions.get()) == 1 &&
                       X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0;
  unsigned char* bytes = nullptr;
  const int size = is_made ? i2d_X509_REQ(request.get(), &bytes) : -1;
  if (size <= 0) {
    return fail(Errc::unavailable, "making a certificate request: " + net::openssl_error());
  }
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return CertificateRequest{.key = to_pem(key.get()), .der = std::move(der)};
}

}  // namespace postrider::acme
