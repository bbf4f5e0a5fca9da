#include "acme/challenges.h"

#include <array>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <utility>

#include "acme/pem.h"
#include "net/tls_choice.h"

namespace postrider::acme {
namespace {

constexpr const char* kAcmeIdentifier = "1.3.6.1.5.5.7.1.31";
constexpr long kLifeSeconds = 7L * 24 * 3600;

using Object = std::unique_ptr<ASN1_OBJECT, net::Freeing<&ASN1_OBJECT_free>>;
using Octets = std::unique_ptr<ASN1_OCTET_STRING, net::Freeing<&ASN1_OCTET_STRING_free>>;

/// Its value is an OCTET STRING (04) of 32 bytes, in DER.
Extension identifier_extension(const std::string& key_authorization) {
  std::array<unsigned char, 2 + SHA256_DIGEST_LENGTH> value{0x04, SHA256_DIGEST_LENGTH};
  SHA256(reinterpret_cast<const unsigned char*>(key_authorization.data()), key_authorization.size(),
         value.data() + 2);
  const Octets octets(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(octets.get(), value.data(), static_cast<int>(value.size()));
  const Object object(OBJ_txt2obj(kAcmeIdentifier, 1));
  return Extension(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 1, octets.get()));
}

}  // namespace

Result<std::string> make_challenge_certificate(const std::string& host,
                                               const std::string& key_authorization) {
  TRY(const Key key, make_key());
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kLifeSeconds);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("acme-tls"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  const Extension names = host_extension(host);
  const Extension identifier = identifier_extension(key_authorization);
  const bool is_made = names && identifier && X509_set_pubkey(certificate.get(), key.get()) == 1 &&
                       X509_add_ext(certificate.get(), names.get(), -1) == 1 &&
                       X509_add_ext(certificate.get(), identifier.get(), -1) == 1 &&
                       X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0;
  if (!is_made) {
    return fail(Errc::unavailable,
                "making a challenge's certificate for " + host + ": " + net::openssl_error());
  }
  return to_pem(key.get()) + to_pem(certificate.get());
}

Result<> Challenges::show(ChallengeType type, const std::string& host, const std::string& token,
                          const std::string& key_authorization) {
  Shown shown;
  if (type == ChallengeType::tls_alpn_01) {
    TRY(const std::string pem, make_challenge_certificate(host, key_authorization));
    TRY(shown.server, net::server_from_pem(pem, std::string(kTlsAlpnProtocol)));
  } else {
    shown.token = token;
    shown.text = key_authorization;
  }
  const std::lock_guard lock(mutex_);
  shown_.insert_or_assign(host, std::move(shown));
  return {};
}

void Challenges::hide(const std::string& host) {
  const std::lock_guard lock(mutex_);
  shown_.erase(host);
}

std::optional<std::string> Challenges::text(const std::string& host, std::string_view token) const {
  const std::lock_guard lock(mutex_);
  const auto found = shown_.find(host);
  if (found == shown_.end() || found->second.token.empty() || found->second.token != token) {
    return std::nullopt;
  }
  return found->second.text;
}

std::shared_ptr<const net::TlsServer> Challenges::server(const std::string& host) const {
  const std::lock_guard lock(mutex_);
  const auto found = shown_.find(host);
  return found == shown_.end() ? nullptr : found->second.server;
}

}  // namespace postrider::acme
