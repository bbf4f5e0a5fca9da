// When a certificate is renewed, and when what failed is tried again. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "net/certificate_facts.h"

namespace postrider::acme {

/// With a third of its life left: 30 days of 90, two of six.
Time renewal_due(const net::CertificateFacts& certificate);

/// After so many failures in a row, at least 1: from a minute to a day. An authority may ask for
/// more.
Duration pause_after(std::uint32_t failures, std::chrono::seconds asked_for);

}  // namespace postrider::acme
