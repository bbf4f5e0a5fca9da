// Where our account's key and the certificates that we got lie: a folder of the data directory.
//
//   account-key.pem   the key of our account with the authority
//   HOST.pem          key and chain for a tracking host; one file, so that they always fit
//   HOST.failed       when it was tried in vain last, how often, and why; gone with the next
//   success
//
// Files 0600, the folder 0700. A file is on the disk when its call returns, and is seen whole or
// not at all. Blocks; one call at a time. Errors: unavailable, in the system's words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "acme/jws.h"
#include "base/clock.h"
#include "base/result.h"

namespace postrider::acme {

struct Failure {
  std::uint32_t count = 0;  ///< since the last success
  Time at{};                ///< the last one
  Time not_before{};        ///< no further try before
  std::string why;
};

class CertificateFolder {
 public:
  explicit CertificateFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Made at first use. Errc::corrupt: it is there and can't be read.
  Result<AccountKey> account_key();

  struct Content {
    std::map<std::string, std::string> certificates;  ///< PEM by host
    std::map<std::string, Failure> failures;          ///< by host
  };
  /// Of a folder that is not there: nothing.
  Result<Content> load() const;

  Result<> put(const std::string& host, const std::string& pem);  ///< forgets its failure
  Result<> note(const std::string& host, const Failure& failure);
  void forget_failure(const std::string& host);
  void remove(const std::string& host);  ///< certificate, key and failure

 private:
  Result<> write(const std::string& name, const std::string& content);

  std::filesystem::path folder_;
};

}  // namespace postrider::acme
