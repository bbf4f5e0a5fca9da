// What a relay does by the way, for as long as it runs. Each ends when it is cancelled; what it is
// given outlives it. Thread: the executor's.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "relay/certificate.h"
#include "store/committer.h"

namespace postrider::relay {

/// Takes new files of the certificate within ten seconds.
boost::asio::awaitable<void> watch_certificate(Certificate& certificate);

/// Once a day, and at the start: links of messages that were accepted longer ago than `keep` go.
boost::asio::awaitable<void> expire_links(const Clock& clock, store::Committer& committer,
                                          Duration keep);

}  // namespace postrider::relay
