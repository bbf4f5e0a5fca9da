#include "acme/renewal.h"

#include <algorithm>
#include <array>

namespace postrider::acme {

using namespace std::chrono_literals;

Time renewal_due(const net::CertificateFacts& certificate) {
  return certificate.not_after - (certificate.not_after - certificate.not_before) / 3;
}

Duration pause_after(std::uint32_t failures, std::chrono::seconds asked_for) {
  // Let's Encrypt allows five failed validations of a host in an hour.
  constexpr std::array<std::chrono::seconds, 8> kPauses{1min, 5min, 15min, 1h, 3h, 6h, 12h, 24h};
  const std::size_t index = std::min<std::size_t>(std::max(failures, 1U), kPauses.size()) - 1;
  return std::max(kPauses[index], asked_for);
}

}  // namespace postrider::acme
