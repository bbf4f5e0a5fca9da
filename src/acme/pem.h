// Keys and certificates of OpenSSL, owned, and as PEM. Inner part of acme. Any thread.
#pragma once

#include <memory>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/freeing.h"

namespace postrider::acme {

using Key = std::unique_ptr<EVP_PKEY, net::Freeing<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, net::Freeing<&X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, net::Freeing<&X509_EXTENSION_free>>;

Result<Key> make_key();  ///< P-256
std::string to_pem(EVP_PKEY* key);
std::string to_pem(X509* certificate);
Result<Key> parse_key(std::string_view pem);  ///< Errc::invalid

/// subjectAltName with `host` alone.
Extension host_extension(const std::string& host);

}  // namespace postrider::acme
