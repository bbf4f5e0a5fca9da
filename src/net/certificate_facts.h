// What a certificate in PEM says of itself: for whom it is, and for how long. Pure; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace postrider::net {

struct CertificateFacts {
  std::vector<std::string> names;  ///< of hosts, lower case; "*.example.com" among them
  Time not_before{};
  Time not_after{};

  /// A name with a star stands for one label, the first (RFC 6125, 6.4.3).
  bool covers(std::string_view host) const;
};

/// Of the first certificate in `pem`. Errc::invalid.
Result<CertificateFacts> read_certificate(std::string_view pem);
/// The same of a file's.
Result<CertificateFacts> read_certificate_file(const std::filesystem::path& file);

}  // namespace postrider::net
