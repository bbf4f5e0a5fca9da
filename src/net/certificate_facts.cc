#include "net/certificate_facts.h"

#include <algorithm>
#include <ctime>
#include <memory>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/read_file.h"
#include "base/text.h"
#include "net/freeing.h"
#include "net/tls.h"

namespace postrider::net {
namespace {

using Certificate = std::unique_ptr<X509, Freeing<&X509_free>>;
using Memory = std::unique_ptr<BIO, Freeing<&BIO_free_all>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freeing<&GENERAL_NAMES_free>>;

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> all;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
      const auto size = static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName));
      all.push_back(lower(std::string_view(text, size)));
    }
  }
  return all;
}

Time time_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1
             ? Time(std::chrono::duration_cast<Duration>(std::chrono::seconds(::timegm(&parts))))
             : Time{};
}

bool is_covered(std::string_view host, std::string_view name) {
  if (!name.starts_with("*.")) {
    return host == name;
  }
  const auto dot = host.find('.');
  return dot != 0 && dot != std::string_view::npos && host.substr(dot) == name.substr(1);
}

}  // namespace

bool CertificateFacts::covers(std::string_view host) const {
  return std::ranges::any_of(names,
                             [&](const std::string& name) { return is_covered(host, name); });
}

Result<CertificateFacts> read_certificate(std::string_view pem) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificate certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
  if (!certificate) {
    return fail(Errc::invalid, "no certificate in PEM: " + openssl_error());
  }
  return CertificateFacts{.names = names_of(certificate.get()),
                          .not_before = time_of(X509_get0_notBefore(certificate.get())),
                          .not_after = time_of(X509_get0_notAfter(certificate.get()))};
}

Result<CertificateFacts> read_certificate_file(const std::filesystem::path& file) {
  const Result<std::string> pem = read_file(file);
  if (!pem) {
    return fail(Errc::invalid, "certificate " + pem.error().text());
  }
  TRY(CertificateFacts facts, read_certificate(*pem), "certificate " + file.string());
  return facts;
}

}  // namespace postrider::net
