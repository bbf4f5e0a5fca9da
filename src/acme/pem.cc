#include "acme/pem.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/tls.h"

namespace postrider::acme {
namespace {

using Memory = std::unique_ptr<BIO, net::Freeing<&BIO_free_all>>;

std::string content_of(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

Result<Key> make_key() {
  Key key(EVP_EC_gen("P-256"));
  if (!key) {
    return fail(Errc::unavailable, "making a key: " + net::openssl_error());
  }
  return key;
}

std::string to_pem(EVP_PKEY* key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return content_of(memory.get());
}

std::string to_pem(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), certificate);
  return content_of(memory.get());
}

Result<Key> parse_key(std::string_view pem) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
  if (!key) {
    return fail(Errc::invalid, "no private key in PEM: " + net::openssl_error());
  }
  return key;
}

Extension host_extension(const std::string& host) {
  return Extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str()));
}

}  // namespace postrider::acme
