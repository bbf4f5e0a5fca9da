#include "net/tls.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>

#include "net/freeing.h"
#include "net/tls_context.h"

namespace postrider::net {
namespace {

using Certificate = std::unique_ptr<X509, Freeing<&X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freeing<&EVP_PKEY_free>>;
using File = std::unique_ptr<std::FILE, Freeing<&std::fclose>>;

/// OpenSSL writes with write(2), and a peer that has reset the connection must not end the process.
void ignore_broken_pipes() {
  struct sigaction now{};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
    ::signal(SIGPIPE, SIG_IGN);
  }
}

/// A file that is seen under its name only when it is whole, and never before its mode is set.
class NewFile {
 public:
  explicit NewFile(const std::filesystem::path& path)
      : path_(path), draft_(path.string() + ".new") {}
  ~NewFile() { discard(); }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  /// `write` returns whether OpenSSL was content.
  Result<> write(mode_t mode, const std::function<bool(std::FILE*)>& write) {
    discard();  // what a process that was killed has left
    const int made = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    File file(made < 0 ? nullptr : ::fdopen(made, "w"));
    if (!file) {
      return explain(std::strerror(errno));
    }
    if (!write(file.get())) {
      return explain(openssl_error());
    }
    const bool is_written = std::fflush(file.get()) == 0 && ::fsync(made) == 0;
    const bool is_closed = std::fclose(file.release()) == 0;
    return is_written && is_closed ? Result<>() : explain(std::strerror(errno));
  }

  Result<> show() {
    std::error_code ec;
    std::filesystem::rename(draft_, path_, ec);
    return ec ? explain(ec.message()) : Result<>();
  }

 private:
  std::unexpected<Error> explain(const std::string& why) const {
    return fail(Errc::unavailable, "writing " + path_.string() + ": " + why);
  }
  void discard() const {
    std::error_code ignored;
    std::filesystem::remove(draft_, ignored);
  }

  std::filesystem::path path_;
  std::filesystem::path draft_;
};

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  if (X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())) {
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
}

Certificate self_signed(const std::string& host, EVP_PKEY* key) {
  constexpr long kTenYears = 3650L * 24 * 3600;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kTenYears);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(host.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  add_extension(certificate.get(), NID_subject_alt_name, (not_an_address ? "DNS:" : "IP:") + host);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

}  // namespace

Context make_context(const SSL_METHOD* method) {
  ignore_broken_pipes();
  Context context(SSL_CTX_new(method));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  // An idle session gives its record buffers back; a partial write reports what has gone.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

std::string openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) {
    return "no reason given";
  }
  char text[256];
  ERR_error_string_n(code, text, sizeof(text));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : text;
}

Result<std::shared_ptr<const TlsServer>> TlsServer::create(const std::filesystem::path& certificate,
                                                           const std::filesystem::path& key) {
  Context context = make_context(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
    return fail(Errc::invalid, "certificate " + certificate.string() + ": " + openssl_error() +
                                   "; it must be a readable PEM file, the leaf first");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(Errc::invalid, "key " + key.string() + ": " + openssl_error() +
                                   "; it must be a readable PEM file that belongs to " +
                                   certificate.string());
  }
  return std::make_shared<const TlsServer>(context.release());
}

TlsServer::~TlsServer() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<const TlsClient>> TlsClient::create(bool verify,
                                                           const std::filesystem::path& roots) {
  Context context = make_context(TLS_client_method());
  const int loaded = roots.empty()
                         ? SSL_CTX_set_default_verify_paths(context.get())
                         : SSL_CTX_load_verify_locations(context.get(), roots.c_str(), nullptr);
  if (loaded != 1) {
    return fail(Errc::invalid, "trusted roots " + roots.string() + ": " + openssl_error());
  }
  // Without `verify` the chain is still built, so that TlsInfo can say what is wrong with it.
  SSL_CTX_set_verify(context.get(), verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return std::shared_ptr<const TlsClient>(new TlsClient(context.release(), verify));
}

TlsClient::~TlsClient() {
  SSL_CTX_free(context_);
}

Result<> write_self_signed(const std::string& host, const std::filesystem::path& certificate,
                           const std::filesystem::path& key) {
  const Key pair(EVP_EC_gen("P-256"));
  const Certificate made = pair ? self_signed(host, pair.get()) : nullptr;
  if (!made) {
    return fail(Errc::unavailable, "making a certificate for " + host + ": " + openssl_error());
  }
  NewFile new_key(key);
  NewFile new_certificate(certificate);
  TRY_VOID(new_key.write(0600, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, pair.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  }));
  TRY_VOID(new_certificate.write(
      0644, [&](std::FILE* file) { return PEM_write_X509(file, made.get()) == 1; }));
  TRY_VOID(new_key.show());
  return new_certificate.show();
}

}  // namespace postrider::net
