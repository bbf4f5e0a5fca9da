// Metrics by provider and by account, of the busiest; of TLS and of DNS. Any thread.
#pragma once

#include "dns/counted_resolver.h"
#include "http/metrics_text.h"
#include "relay/relay.h"

namespace postrider::http {

void write_traffic(MetricsText& metrics, relay::Relay& relay);
void write_lookups(MetricsText& metrics, const dns::LookupFigures& figures);

}  // namespace postrider::http
