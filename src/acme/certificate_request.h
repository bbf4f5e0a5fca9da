// What a certificate is asked for with (PKCS #10, RFC 2986): a fresh key on P-256, one host in
// subjectAltName, no subject. Any thread.
#pragma once

#include <string>

#include "base/result.h"

namespace postrider::acme {

struct CertificateRequest {
  std::string key;  ///< PEM
  std::string der;  ///< the request
};

Result<CertificateRequest> make_certificate_request(const std::string& host);

}  // namespace postrider::acme
