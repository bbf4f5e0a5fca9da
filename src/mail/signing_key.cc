#include <array>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "mail/dkim.h"
#include "mail/sha256.h"

namespace postrider::mail {
namespace {

constexpr int kRsaBits = 2048;
constexpr int kRsaBitsMin = 1024;  // RFC 8301, 3.2: verifiers must take 1024 to 4096
constexpr int kRsaBitsMax = 4096;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;

std::unexpected<Error> openssl_failed(Errc code, const std::string& doing) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string why = doing + ": " + (reason == nullptr ? "unknown reason" : reason);
  ERR_clear_error();
  return fail(code, std::move(why));
}

// Without it OpenSSL would ask on the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
  return -1;
}

std::string_view as_text(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

Result<std::string> sign_rsa(EVP_PKEY* key, const Sha256Digest& digest) {
  const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = signature.size();
  if (context == nullptr || EVP_PKEY_sign_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) != 1 ||
      EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                    digest.data(), digest.size()) != 1) {
    return openssl_failed(Errc::unavailable, "signing with RSA");
  }
  signature.resize(size);
  return signature;
}

/// RFC 8463, 3: PureEdDSA over the hash, not over the message.
Result<std::string> sign_ed25519(EVP_PKEY* key, const Sha256Digest& digest) {
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(64, '\0');
  std::size_t size = signature.size();
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     digest.data(), digest.size()) != 1) {
    return openssl_failed(Errc::unavailable, "signing with Ed25519");
  }
  return signature;
}

std::string public_rsa(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  std::string text = size > 0 ? base64(as_text(der, static_cast<std::size_t>(size))) : "";
  OPENSSL_free(der);
  return text;
}

std::string public_ed25519(EVP_PKEY* key) {
  std::array<unsigned char, 32> bytes{};
  std::size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(key, bytes.data(), &size);
  return base64(as_text(bytes.data(), size));
}

}  // namespace

struct SigningKey::State {
  Pkey key;
  DkimAlgorithm algorithm;
};

SigningKey::SigningKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Result<SigningKey> SigningKey::generate(DkimAlgorithm algorithm) {
  Pkey key(algorithm == DkimAlgorithm::rsa_sha256 ? EVP_RSA_gen(kRsaBits)
                                                  : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (key == nullptr) {
    return openssl_failed(Errc::unavailable, "making a key");
  }
  return SigningKey(std::make_shared<State>(std::move(key), algorithm));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Pkey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (key == nullptr) {
    return openssl_failed(Errc::invalid, "reading a private key in PEM form (without a password)");
  }
  if (EVP_PKEY_is_a(key.get(), "ED25519") == 1) {
    return SigningKey(std::make_shared<State>(std::move(key), DkimAlgorithm::ed25519_sha256));
  }
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1) {
    return fail(Errc::invalid, "the key is neither RSA nor Ed25519");
  }
  const int bits = EVP_PKEY_get_bits(key.get());
  if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
    return fail(Errc::invalid,
                "the RSA key has " + std::to_string(bits) + " bits: verifiers take 1024 to 4096");
  }
  return SigningKey(std::make_shared<State>(std::move(key), DkimAlgorithm::rsa_sha256));
}

Result<std::string> SigningKey::to_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_PKCS8PrivateKey(bio.get(), state_->key.get(), nullptr,
                                                      nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_failed(Errc::unavailable, "writing a private key");
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

DkimAlgorithm SigningKey::algorithm() const {
  return state_->algorithm;
}

std::string SigningKey::dns_record() const {
  return algorithm() == DkimAlgorithm::rsa_sha256
             ? "v=DKIM1; k=rsa; p=" + public_rsa(state_->key.get())
             : "v=DKIM1; k=ed25519; p=" + public_ed25519(state_->key.get());
}

Result<std::string> SigningKey::sign(std::string_view bytes) const {
  const Sha256Digest digest = sha256(bytes);
  return algorithm() == DkimAlgorithm::rsa_sha256 ? sign_rsa(state_->key.get(), digest)
                                                  : sign_ed25519(state_->key.get(), digest);
}

}  // namespace postrider::mail
