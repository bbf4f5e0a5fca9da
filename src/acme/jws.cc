#include "acme/jws.h"

#include <algorithm>
#include <array>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <vector>

#include "acme/pem.h"
#include "base/json_text.h"
#include "base/text.h"

namespace postrider::acme {
namespace {

constexpr int kCoordinateBytes = 32;

using Number = std::unique_ptr<BIGNUM, net::Freeing<&BN_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, net::Freeing<&ECDSA_SIG_free>>;
using Digester = std::unique_ptr<EVP_MD_CTX, net::Freeing<&EVP_MD_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// 32 bytes, the first the highest.
std::string padded(const BIGNUM* number) {
  std::string bytes(kCoordinateBytes, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), kCoordinateBytes);
  return bytes;
}

std::string coordinate(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  const Number owned(number);
  return number == nullptr ? std::string() : padded(number);
}

bool is_on_p256(const EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t size = 0;
  return EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == SN_X9_62_prime256v1;
}

/// R and S side by side (RFC 7518, 3.4), not as DER has them.
std::string es256(EVP_PKEY* key, std::string_view text) {
  const Digester digester(EVP_MD_CTX_new());
  std::array<unsigned char, 80> der{};
  std::size_t size = der.size();
  EVP_DigestSignInit(digester.get(), nullptr, EVP_sha256(), nullptr, key);
  EVP_DigestSign(digester.get(), der.data(), &size, bytes_of(text), text.size());
  const unsigned char* at = der.data();
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  return padded(ECDSA_SIG_get0_r(signature.get())) + padded(ECDSA_SIG_get0_s(signature.get()));
}

std::string flattened(std::string_view header, std::string_view payload,
                      const std::function<std::string(std::string_view)>& sign) {
  const std::string encoded_header = base64url(header);
  const std::string encoded_payload = base64url(payload);
  JsonText json;
  json.begin_object();
  json.field("protected", encoded_header);
  json.field("payload", encoded_payload);
  json.field("signature", base64url(sign(encoded_header + "." + encoded_payload)));
  json.end_object();
  return json.take();
}

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string text = base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

Result<std::string> decode_base64url(std::string_view text) {
  std::string padded_text(text.substr(0, std::min(text.find('='), text.size())));
  std::ranges::replace(padded_text, '-', '+');
  std::ranges::replace(padded_text, '_', '/');
  padded_text.append((4 - padded_text.size() % 4) % 4, '=');
  auto bytes = decode_base64(padded_text);
  if (!bytes) {
    return fail(Errc::invalid, "is not base64url");
  }
  return *std::move(bytes);
}

Result<AccountKey> AccountKey::make() {
  TRY(Key key, make_key());
  return AccountKey(std::shared_ptr<EVP_PKEY>(key.release(), &EVP_PKEY_free));
}

Result<AccountKey> AccountKey::parse(std::string_view pem) {
  TRY(Key key, parse_key(pem));
  if (!is_on_p256(key.get())) {
    return fail(Errc::invalid, "the key is none on the curve P-256");
  }
  return AccountKey(std::shared_ptr<EVP_PKEY>(key.release(), &EVP_PKEY_free));
}

std::string AccountKey::pem() const {
  return to_pem(key_.get());
}

std::string AccountKey::jwk() const {
  JsonText json;
  json.begin_object();
  json.field("crv", "P-256");
  json.field("kty", "EC");
  json.field("x", base64url(coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X)));
  json.field("y", base64url(coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y)));
  json.end_object();
  return json.take();
}

std::string AccountKey::thumbprint() const {
  const std::string text = jwk();
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(bytes_of(text), text.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return base64url(digest);
}

std::string AccountKey::sign(std::string_view header, std::string_view payload) const {
  return flattened(header, payload,
                   [this](std::string_view text) { return es256(key_.get(), text); });
}

std::string bind_account(std::string_view jwk, std::string_view key_id, std::string_view key,
                         std::string_view url) {
  JsonText header;
  header.begin_object();
  header.field("alg", "HS256");
  header.field("kid", key_id);
  header.field("url", url);
  header.end_object();
  return flattened(header.take(), jwk, [key](std::string_view text) {
    std::string mac(SHA256_DIGEST_LENGTH, '\0');
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
         reinterpret_cast<unsigned char*>(mac.data()), nullptr);
    return mac;
  });
}

}  // namespace postrider::acme
